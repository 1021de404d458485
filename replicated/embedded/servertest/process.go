package servertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/internal/node"
)

// startTimeout bounds the start of one process until its server accepts connections.
const startTimeout = 20 * time.Second

// process is a server in a process of its own.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr bytes.Buffer  // to be read after done
	done   chan struct{} // closed when the process has ended
}

// startProcess returns when the server accepts connections.
func startProcess(c node.Config) (*process, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("servertest: %w", err)
	}
	p := &process{cmd: exec.Command(program), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), variable+"="+string(text))
	p.cmd.Stderr = &p.stderr
	stdout, err := p.open()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("servertest: starting %s: %w", c.Name, err)
	}
	return p, p.waitReady(c.Name, stdout)
}

func (p *process) open() (io.Reader, error) {
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return p.cmd.StdoutPipe()
}

func (p *process) waitReady(name string, stdout io.Reader) error {
	line := make(chan string, 1)
	var reader sync.WaitGroup
	reader.Go(func() {
		text, _ := bufio.NewReader(stdout).ReadString('\n')
		line <- text
	})
	go func() {
		reader.Wait() // Wait closes the pipe
		_ = p.cmd.Wait()
		close(p.done)
	}()
	select {
	case text := <-line:
		if text == ready {
			return nil
		}
	case <-time.After(startTimeout):
	}
	p.kill()
	return fmt.Errorf("servertest: the server %s did not start within %v: %s", name, startTimeout, p.stderr.Bytes())
}

// kill ends the process as kill -9 does, frozen or not, and returns when it has ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.done
}

// signal sends a signal.
func (p *process) signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }

// stop lets the server shut down, and kills it if it does not.
func (p *process) stop() {
	p.stdin.Close()
	select {
	case <-p.done:
	case <-time.After(startTimeout):
		p.kill()
	}
}
