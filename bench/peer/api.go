package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "sensormodel.io", Version: "v1alpha1"}

// SensorModel has the fields of the custom resource that this program reads and writes.
type SensorModel struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              Spec   `json:"spec"`
	Status            Status `json:"status,omitempty"`
}

// Spec names the sensor and where its telemetry is.
type Spec struct {
	SensorID  string    `json:"sensorID"`
	ModelType string    `json:"modelType"`
	Telemetry Telemetry `json:"telemetry"`
}

// Telemetry is where the rows of a sensor are.
type Telemetry struct {
	URI string `json:"uri"`
}

// Status says which Job trains the model.
type Status struct {
	ObservedGeneration int64              `json:"observedGeneration"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
	Training           *Training          `json:"training,omitempty"`
}

// Training is the newest training, with the fields that the schema requires.
type Training struct {
	JobName         string `json:"jobName"`
	JobUID          string `json:"jobUID"`
	Trigger         string `json:"trigger"`
	TriggerIdentity string `json:"triggerIdentity"`
	Attempt         int64  `json:"attempt"`
	Outcome         string `json:"outcome"`
}

// SensorModelList is what the API server answers to a list.
type SensorModelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []SensorModel `json:"items"`
}

// DeepCopyInto copies the model, and nothing in it is shared afterwards.
func (in *SensorModel) DeepCopyInto(out *SensorModel) {
	*out = *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Status.Conditions = make([]metav1.Condition, len(in.Status.Conditions))
	copy(out.Status.Conditions, in.Status.Conditions)
	if in.Status.Training != nil {
		training := *in.Status.Training
		out.Status.Training = &training
	}
}

// DeepCopyObject makes SensorModel a runtime.Object.
func (in *SensorModel) DeepCopyObject() runtime.Object {
	out := new(SensorModel)
	in.DeepCopyInto(out)
	return out
}

// DeepCopyObject makes SensorModelList a runtime.Object.
func (in *SensorModelList) DeepCopyObject() runtime.Object {
	out := &SensorModelList{TypeMeta: in.TypeMeta, Items: make([]SensorModel, len(in.Items))}
	in.ListMeta.DeepCopyInto(&out.ListMeta)
	for i := range in.Items {
		in.Items[i].DeepCopyInto(&out.Items[i])
	}
	return out
}
