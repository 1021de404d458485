// Package external starts the servers that are compared with replicated stores and are
// programs of their own: Redis and etcd, as Debian packages them. They listen on
// loopback, store in a temporary folder, and end with their last use.
package external

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"
)

// ErrMissing is returned if a program is not installed.
var ErrMissing = errors.New("is not installed")

// startTimeout bounds the start of a program until it serves.
const startTimeout = 20 * time.Second

// A program is a process and its folder.
type program struct {
	cmd   *exec.Cmd
	dir   string
	log   bytes.Buffer  // to be read after ended
	ended chan struct{} // closed when the process has ended
}

// start starts a program in a folder of its own, with the arguments that args makes of
// that folder. Without the program it returns an error with [ErrMissing].
func start(name string, args func(dir string) []string) (*program, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s %w", name, ErrMissing)
	}
	dir, err := os.MkdirTemp("", "lastmodstore-"+name+"-")
	if err != nil {
		return nil, err
	}
	p := &program{cmd: exec.Command(path, args(dir)...), dir: dir, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.log, &p.log
	detach(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go func() {
		_ = p.cmd.Wait() // it is killed
		close(p.ended)
	}()
	return p, nil
}

// stop ends the process and removes its folder.
func (p *program) stop() error {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.ended
	return os.RemoveAll(p.dir)
}

// await calls ready until it succeeds. If it does not, or the program ends, await stops
// the program and returns why.
func (p *program) await(ready func() error) error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
		case <-time.After(20 * time.Millisecond):
			if time.Now().Before(deadline) {
				continue
			}
		}
		return errors.Join(err, p.stop(), fmt.Errorf("%s did not start: %s", p.cmd.Path, last(p.log.Bytes())))
	}
}

// last returns the end of a log.
func last(log []byte) []byte { return log[max(0, len(log)-1000):] }

// freeAddresses returns n addresses on loopback that are not in use.
func freeAddresses(n int) ([]string, error) {
	var all []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // after all have been chosen, so that they differ
		all = append(all, l.Addr().String())
	}
	return all, nil
}
