// Command node is what a node runs beside its container runtime, in one file: kubelet, kube-proxy and a cluster DNS. As
// in the control plane's main.go, the name under which it is started says which.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/component-base/cli"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	// What the components' own main packages register: JSON logs, client metrics, the version metric.
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "kubelet":
		os.Exit(cli.Run(kubelet.NewKubeletCommand(context.Background())))
	case "kube-proxy":
		os.Exit(cli.Run(proxy.NewProxyCommand()))
	case "cluster-dns":
		os.Exit(runDNS(os.Args[1:]))
	default:
		fmt.Fprintf(os.Stderr, "%q is no component; the links are kubelet, kube-proxy and cluster-dns\n", name)
		os.Exit(2)
	}
}
