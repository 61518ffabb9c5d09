// Says what kstatus, which Flux, kubectl wait-like tools and others use, makes of Kubernetes objects.
//
// Reads JSON objects from standard input; writes a line for each: status, tab, message.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func main() {
	if err := judge(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(input io.Reader, output io.Writer) error {
	objects := json.NewDecoder(input)
	for {
		var object map[string]any
		if err := objects.Decode(&object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		result, err := status.Compute(&unstructured.Unstructured{Object: withWholeNumbers(object).(map[string]any)})
		if err != nil {
			return err
		}
		fmt.Fprintf(output, "%s\t%s\n", result.Status, result.Message)
	}
}

// withWholeNumbers turns numbers without a fraction into int64, as Kubernetes' own decoder does.
func withWholeNumbers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			value[key] = withWholeNumbers(inner)
		}
	case []any:
		for index, inner := range value {
			value[index] = withWholeNumbers(inner)
		}
	case float64:
		if value == float64(int64(value)) {
			return int64(value)
		}
	}
	return value
}
