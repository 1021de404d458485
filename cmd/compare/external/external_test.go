package external

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func skipIfMissing(t *testing.T, err error) {
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
}

func TestRedisServes(t *testing.T) {
	g := NewWithT(t)
	ctx := testContext(t)
	r, err := StartRedis(ctx)
	skipIfMissing(t, err)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.Set(ctx, "k", "v", 0).Err()).To(Succeed())
	g.Expect(r.Get(ctx, "k").Val()).To(Equal("v"))
	g.Expect(r.Close()).To(Succeed())
	g.Expect(r.program.dir).NotTo(BeAnExistingFile())
}

func TestEtcdServes(t *testing.T) {
	g := NewWithT(t)
	ctx := testContext(t)
	e, err := StartEtcd(ctx, 3)
	skipIfMissing(t, err)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = e.Put(ctx, "k", "v")
	g.Expect(err).NotTo(HaveOccurred())
	got, err := e.Get(ctx, "k")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(got.Kvs[0].Value)).To(Equal("v"))
	g.Expect(e.Close()).To(Succeed())
	for _, p := range e.programs {
		g.Expect(p.dir).NotTo(BeAnExistingFile())
	}
}

func TestAMissingProgramIsNamed(t *testing.T) {
	g := NewWithT(t)
	_, err := start("no-such-program", func(string) []string { return nil })
	g.Expect(err).To(MatchError(ErrMissing))
	g.Expect(err).To(MatchError(ContainSubstring("no-such-program is not installed")))
}

// A program that ends at once is not waited for.
func TestAProgramThatEndsIsReported(t *testing.T) {
	g := NewWithT(t)
	p, err := start("false", func(string) []string { return nil })
	skipIfMissing(t, err)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(p.await(func() error { return errors.New("no response") })).To(MatchError(And(ContainSubstring("no response"), ContainSubstring("did not start"))))
	_, err = os.Stat(p.dir)
	g.Expect(err).To(MatchError(os.ErrNotExist))
}
