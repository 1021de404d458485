package sharded_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A hashed shard records the hashes of the keys that it stores.
type hashed struct {
	engine.Shard[string, int]
	hashes *[]uint64
}

func (s hashed) Set(h uint64, key string, value int, ttl time.Duration) error {
	*s.hashes = append(*s.hashes, h)
	return s.Shard.Set(h, key, value, ttl)
}

// The keys of one shard are distributed over its whole table: a table chooses the bucket
// by the low bits of [table.Short], and the position in the bucket by the high ones.
func TestTheShardAndTheBucketDependOnDifferentBits(t *testing.T) {
	const shards, perShard, cells = 16, 1024, 16
	g := NewWithT(t)
	hashes := make([][]uint64, shards)
	s := wrapShards(g, shards, func() store { return mutexstore.New[string, int](0) }, func(i int, shard engine.Shard[string, int]) engine.Shard[string, int] {
		return hashed{shard, &hashes[i]}
	})
	defer s.Close()
	for i := range shards * perShard {
		g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
	}
	var sizes []int
	for _, hs := range hashes {
		sizes = append(sizes, len(hs))
		low, high := make([]int, cells), make([]int, cells)
		for _, h := range hs {
			low[table.Short(h)%cells]++
			high[table.Short(h)>>28]++
		}
		g.Expect(chiSquared(low)).To(BeNumerically("<", 100), "%v", low)
		g.Expect(chiSquared(high)).To(BeNumerically("<", 100), "%v", high)
	}
	g.Expect(chiSquared(sizes)).To(BeNumerically("<", 100), "%v", sizes)
}

// chiSquared returns how far counts deviate from a uniform distribution. With 16 counts
// it exceeds 100 once in 10^14 times.
func chiSquared(counts []int) (x float64) {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	mean := float64(sum) / float64(len(counts))
	for _, n := range counts {
		x += (float64(n) - mean) * (float64(n) - mean) / mean
	}
	return x
}
