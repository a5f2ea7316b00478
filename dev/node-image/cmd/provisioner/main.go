// Command provisioner serves PersistentVolumeClaims with directories of the node, as kind's own image does with
// the local-path provisioner. The directories are writable by everyone, so a pod may run as any user without
// root's help; they go when their volume goes. For a development node only: sizes are not enforced.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// worldWritable is what lets pods of any user and group share a volume.
const worldWritable = 0o777

// nodeDirectories makes one directory per volume below root, which is the same path in the node and in this container.
type nodeDirectories struct {
	root string
}

// Provision makes the volume's directory and describes it, tied to the node that the scheduler chose.
func (d nodeDirectories) Provision(
	_ context.Context, options controller.ProvisionOptions,
) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	path := filepath.Join(d.root, options.PVName)
	if err := os.MkdirAll(path, worldWritable); err != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("make the volume's directory: %w", err)
	}
	if err := os.Chmod(path, worldWritable); err != nil { // MkdirAll's mode passes through the umask
		return nil, controller.ProvisioningFinished, fmt.Errorf("open the volume's directory to every user: %w", err)
	}
	return describe(path, options), controller.ProvisioningFinished, nil
}

// Delete removes the volume's directory and everything in it.
func (d nodeDirectories) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	if err := os.RemoveAll(filepath.Join(d.root, volume.Name)); err != nil {
		return fmt.Errorf("remove the volume's directory: %w", err)
	}
	return nil
}

func describe(path string, options controller.ProvisionOptions) *v1.PersistentVolume {
	volume := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: v1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   options.PVC.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: options.PVC.Spec.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeSource:        v1.PersistentVolumeSource{HostPath: &v1.HostPathVolumeSource{Path: path}},
		},
	}
	if options.SelectedNodeName != "" {
		volume.Spec.NodeAffinity = onNode(options.SelectedNodeName)
	}
	return volume
}

func onNode(name string) *v1.VolumeNodeAffinity {
	hostname := v1.NodeSelectorRequirement{Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{name}}
	term := v1.NodeSelectorTerm{MatchExpressions: []v1.NodeSelectorRequirement{hostname}}
	return &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{term}}}
}

func run(ctx context.Context, root string) error {
	config, err := rest.InClusterConfig()
	if err != nil {
		return fmt.Errorf("this runs in a pod only: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make the API client: %w", err)
	}
	controller.NewProvisionController(
		ctx, client, "videotutor.dev/node-directory", nodeDirectories{root}, controller.LeaderElection(false),
	).Run(ctx)
	return nil
}

func main() {
	root := flag.String("root", "/var/local/volumes", "the directory that holds the volumes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *root); err != nil {
		fmt.Fprintln(os.Stderr, "provisioner:", err)
		os.Exit(1)
	}
}
