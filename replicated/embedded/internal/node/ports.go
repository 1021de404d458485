package node

import (
	"fmt"
	"net"
)

// FreePorts returns n different loopback ports that nobody listens on at the moment.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("embedded: looking for a free port: %w", err)
		}
		defer l.Close() // after all have been found, so that they differ
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// ClusterConfigs returns the configurations of n servers that form one cluster, named n0, n1 and so on, each with the directory
// that dir returns for its name.
func ClusterConfigs(n int, dir func(name string) string) ([]Config, error) {
	ports, err := FreePorts(2 * n)
	if err != nil {
		return nil, err
	}
	configs := make([]Config, n)
	routes := make([]string, n)
	for i := range n {
		name := fmt.Sprintf("n%d", i)
		routes[i] = fmt.Sprintf("nats://127.0.0.1:%d", ports[n+i])
		configs[i] = Config{Name: name, Dir: dir(name), Port: ports[i], Cluster: "lastmodstore", ClusterPort: ports[n+i], Routes: routes}
	}
	return configs, nil
}
