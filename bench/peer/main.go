// The yardstick of `python -m bench --peer`: a controller-runtime operator that does the part of the work that can be
// compared. Every SensorModel gets one suspended Job that it owns, and one status. Predicates keep it from waking up
// because of its own writes. It decides nothing, reads no registry and records no events.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

type reconciler struct {
	client.Client
	scheme *runtime.Scheme
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var model SensorModel
	if err := r.Get(ctx, request.NamespacedName, &model); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	job, err := r.ensureJob(ctx, &model)
	if err != nil {
		return ctrl.Result{}, err
	}
	before := model.DeepCopyObject().(*SensorModel)
	setStatus(&model, job)
	if equality.Semantic.DeepEqual(before.Status, model.Status) {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{}, r.Status().Patch(ctx, &model, client.MergeFrom(before))
}

func (r *reconciler) ensureJob(ctx context.Context, model *SensorModel) (*batchv1.Job, error) {
	job := buildJob(model)
	found := &batchv1.Job{}
	err := r.Get(ctx, client.ObjectKeyFromObject(job), found)
	if err == nil || !apierrors.IsNotFound(err) {
		return found, err
	}
	if err := controllerutil.SetControllerReference(model, job, r.scheme); err != nil {
		return nil, err
	}
	return job, r.Create(ctx, job)
}

func buildJob(model *SensorModel) *batchv1.Job {
	labels := map[string]string{
		"app.kubernetes.io/managed-by": "peer",
		"sensormodel.io/sensor-model":  model.Name,
	}
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name:      fmt.Sprintf("%s-g%d", model.Name, model.Generation),
			Namespace: model.Namespace,
			Labels:    labels,
		},
		Spec: batchv1.JobSpec{
			Suspend: ptr.To(true),
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					RestartPolicy: corev1.RestartPolicyNever,
					Containers: []corev1.Container{{
						Name:  "trainer",
						Image: "sensor-model-trainer:dev",
						Env: []corev1.EnvVar{
							{Name: "SENSOR_ID", Value: model.Spec.SensorID},
							{Name: "MODEL_TYPE", Value: model.Spec.ModelType},
							{Name: "TELEMETRY_URI", Value: model.Spec.Telemetry.URI},
						},
					}},
				},
			},
		},
	}
}

func setStatus(model *SensorModel, job *batchv1.Job) {
	model.Status.ObservedGeneration = model.Generation
	meta.SetStatusCondition(&model.Status.Conditions, metav1.Condition{
		Type:               "Ready",
		Status:             metav1.ConditionFalse,
		Reason:             "TrainingStarted",
		Message:            "the first training has started",
		ObservedGeneration: model.Generation,
	})
	model.Status.Training = &Training{
		JobName:         job.Name,
		JobUID:          string(job.UID),
		Trigger:         "Initial",
		TriggerIdentity: "first-version",
		Attempt:         1,
		Outcome:         "TrainingStarted",
	}
}

// jobEnded lets only those changes of a Job pass that could change the status of its model.
var jobEnded = predicate.Funcs{
	CreateFunc:  func(event.CreateEvent) bool { return false },
	GenericFunc: func(event.GenericEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*batchv1.Job), e.ObjectNew.(*batchv1.Job)
		return !equality.Semantic.DeepEqual(before.Status.Conditions, after.Status.Conditions)
	},
}

func run() error {
	workers := flag.Int("workers", 10, "models at the same time")
	qps := flag.Float64("qps", 2000, "requests per second to the API server at most")
	flag.Parse()
	ctrl.SetLogger(klog.Background())

	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return err
	}
	scheme.AddKnownTypes(groupVersion, &SensorModel{}, &SensorModelList{})
	metav1.AddToGroupVersion(scheme, groupVersion)

	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	config.QPS, config.Burst = float32(*qps), int(*qps)
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:  scheme,
		Metrics: server.Options{BindAddress: "0"},
	})
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).
		For(&SensorModel{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Owns(&batchv1.Job{}, builder.WithPredicates(jobEnded)).
		WithOptions(controller.Options{MaxConcurrentReconciles: *workers}).
		Complete(&reconciler{Client: manager.GetClient(), scheme: scheme})
	if err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
