package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	serviceDomain = ".svc.cluster.local."
	ttlSeconds    = 5
	maxQueryBytes = 512 // RFC 1035, section 4.2.1
)

// runDNS answers NAME.NAMESPACE.svc.cluster.local with the cluster IP of that Service, and knows no other name: pods of
// this node have no way out of it. Arguments: kubeconfig, UDP address to listen on.
func runDNS(arguments []string) int {
	if len(arguments) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cluster-dns KUBECONFIG ADDRESS:PORT")
		return 2
	}
	if err := serveDNS(context.Background(), arguments[0], arguments[1]); err != nil {
		fmt.Fprintln(os.Stderr, "cluster-dns:", err)
		return 1
	}
	return 0
}

func serveDNS(ctx context.Context, kubeconfig, address string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	services := factory.Core().V1().Services().Lister()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	fmt.Println("cluster-dns listens on", address)
	query := make([]byte, maxQueryBytes)
	for {
		length, from, err := socket.ReadFrom(query)
		if err != nil {
			return err
		}
		answer, err := answerTo(query[:length], services)
		if err != nil {
			fmt.Fprintln(os.Stderr, "cluster-dns: not understood:", err)
			continue
		}
		if _, err := socket.WriteTo(answer, from); err != nil {
			fmt.Fprintln(os.Stderr, "cluster-dns:", err)
		}
	}
}

// answerTo a query: the address; nothing, where the name has no address of the wanted type; or that there is no such name.
func answerTo(query []byte, services listers.ServiceLister) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil {
		return nil, err
	}
	question, err := parser.Question()
	if err != nil {
		return nil, err
	}
	address, known := addressOf(question.Name.String(), services)
	reply := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: header.ID, Response: true, Authoritative: true, RecursionDesired: header.RecursionDesired, RecursionAvailable: true,
		},
		Questions: []dnsmessage.Question{question},
	}
	switch {
	case !known:
		reply.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeA && address.Is4():
		record := dnsmessage.ResourceHeader{Name: question.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: ttlSeconds}
		reply.Answers = []dnsmessage.Resource{{Header: record, Body: &dnsmessage.AResource{A: address.As4()}}}
	}
	return reply.Pack()
}

// addressOf a Service; without one (a headless Service) it is not valid.
func addressOf(name string, services listers.ServiceLister) (address netip.Addr, known bool) {
	own, inDomain := strings.CutSuffix(strings.ToLower(name), serviceDomain)
	service, namespace, isPair := strings.Cut(own, ".")
	if !inDomain || !isPair {
		return netip.Addr{}, false
	}
	found, err := services.Services(namespace).Get(service)
	if err != nil {
		return netip.Addr{}, false
	}
	address, _ = netip.ParseAddr(found.Spec.ClusterIP)
	return address, true
}
