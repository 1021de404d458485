package compare

// groups are all cases, each group a subtest.
var groups = []group{
	{"basics", basics},
	{"capacity", capacity},
	{"weights", weights},
	{"weighers", weighers},
	{"clock", clock},
	{"travel", travel},
	{"merging", merging},
	{"concurrency", concurrency},
	{"edges", edges},
	{"feed", feed},
	{"followers", followers},
	{"lifecycle", lifecycle},
	{"closing", closing},
	{"timing", timing},
	{"polling", polling},
	{"restarts", restarts},
	{"positions", positions},
	{"watchers", watchers},
	{"listeners", listeners},
	{"races", races},
	{"retention", retention},
	{"memory", memory},
	{"sweeps", sweeps},
	{"contention", contention},
	{"oracle", oracleCases},
	{"linearizability", linearizability},
	{"shards", shardCases},
}

type group struct {
	name string
	add  func(c *cases)
}

func (g group) cases() []testCase {
	c := &cases{all: new([]testCase)}
	g.add(c)
	return *c.all
}

// A testCase is one case. Its name begins with the numbers of the sentences that
// it enforces, if any.
type testCase struct {
	name   string
	run    func(t *tester)
	needs  []Capability
	shards shardKind
}

// A shardKind is on which engines a case runs.
type shardKind int

const (
	whole     shardKind = iota // not on several shards
	anyShards                  // on all
	several                    // on several shards only
	unsharded                  // not on a Sharded
)

func (c testCase) runsOn(e Engine) bool {
	switch c.shards {
	case anyShards:
		return true
	case several:
		return e.shards > 1
	case unsharded:
		return e.shards == 0
	}
	return e.shards <= 1
}

// cases collects cases. Those derived from it by with and on add to the same list.
type cases struct {
	all    *[]testCase
	needs  []Capability
	shards shardKind
}

// with returns cases that need these capabilities as well.
func (c *cases) with(needed ...Capability) *cases {
	derived := *c
	derived.needs = append(append([]Capability(nil), c.needs...), needed...)
	return &derived
}

// on returns cases that run on engines of kind k.
func (c *cases) on(k shardKind) *cases {
	derived := *c
	derived.shards = k
	return &derived
}

// add adds a case.
func (c *cases) add(name string, run func(t *tester)) {
	*c.all = append(*c.all, testCase{name, run, c.needs, c.shards})
}

// addInBubble adds a case that runs in a synctest bubble.
func (c *cases) addInBubble(name string, run func(t *tester)) {
	c.add(name, func(t *tester) { t.bubble(func() { run(t) }) })
}
