package workload

import (
	"runtime"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
)

var actorSteps = []step{
	{"round trip", "two unbuffered channels, one for the request and one for the reply", newPing(design{})},
	{"+ reply channel", "a new one for each message", newPing(design{fresh: true})},
	{"+ select", "over the mailbox and done", newPing(design{fresh: true, width: 2})},
	{"+ ticker", "whose channel is a third case", newPing(design{fresh: true, width: 3, ticker: true})},
	{"plain tick channel", "instead of the ticker's own", newPing(design{fresh: true, width: 3})},
	{"pooled requests", "with their reply channels, instead of new ones", newPing(design{width: 3})},
	{"+ mailbox of 1024", "buffered", newPing(design{width: 3, mailbox: 1024})},
	{"+ drain", "each wake-up serves all that wait", newPing(design{width: 3, mailbox: 1024, drain: true})},
	{"+ yield", "after each reply", newPing(design{width: 3, mailbox: 1024, drain: true, yield: true})},
	{"+ map", "and a lookup in a map", newPing(design{width: 3, mailbox: 1024, drain: true, yield: true, table: true})},
	{"+ clock", "and a check whether the entry has expired", newPing(design{width: 3, mailbox: 1024, drain: true, yield: true, table: true, clock: true})},
	engineStep("actor"),
}

// A design is the parts of a step.
type design struct {
	fresh        bool // a new reply channel for each message
	width        int  // cases of the select; 0: no select
	ticker       bool // the third case is a time.Ticker's channel
	mailbox      int
	drain, yield bool
	table, clock bool
}

// A ping is an actor of one design.
type ping struct {
	design
	requests      chan *message
	done          chan struct{}
	pool          sync.Pool     // of *message
	sharedReplies chan struct{} // of the bare round trip
	m             map[string]timed
}

type message struct {
	set   bool
	key   string
	value int
	ok    bool
	ttl   time.Duration
	reply chan struct{}
}

func newPing(d design) func() implementation.Store[int] {
	return func() implementation.Store[int] {
		p := &ping{design: d, requests: make(chan *message, d.mailbox), done: make(chan struct{})}
		p.pool.New = func() any { return &message{reply: make(chan struct{}, 1)} }
		if p.table {
			p.m = map[string]timed{}
		}
		if p.width == 0 && !p.fresh {
			p.sharedReplies = make(chan struct{})
		}
		go p.loop()
		return p
	}
}

func (p *ping) loop() {
	tick := make(<-chan time.Time)
	if p.ticker {
		t := time.NewTicker(time.Minute)
		defer t.Stop()
		tick = t.C
	}
	for {
		switch p.width {
		case 0:
			r, ok := <-p.requests
			if !ok {
				return
			}
			p.serve(r)
		case 2:
			select {
			case r := <-p.requests:
				p.serve(r)
			case <-p.done:
				return
			}
		case 3:
			select {
			case r := <-p.requests:
				p.serve(r)
			case <-tick:
			case <-p.done:
				return
			}
		}
	}
}

func (p *ping) serve(r *message) {
	p.reply(r)
	for p.drain {
		select {
		case r := <-p.requests:
			p.reply(r)
		default:
			return
		}
	}
}

func (p *ping) reply(r *message) {
	if r.set && p.m != nil {
		p.m[r.key] = timed{r.value, time.Since(base) + r.ttl}
	} else {
		r.value, r.ok = lookup(p.m, p.clock, r.key)
	}
	if p.sharedReplies != nil {
		p.sharedReplies <- struct{}{}
	} else {
		r.reply <- struct{}{}
	}
	if p.yield {
		runtime.Gosched()
	}
}

func (p *ping) call(set bool, key string, value int, ttl time.Duration) (int, bool) {
	var r *message
	if p.fresh {
		r = &message{reply: make(chan struct{})}
	} else {
		r = p.pool.Get().(*message)
		defer p.pool.Put(r)
	}
	r.set, r.key, r.value, r.ttl = set, key, value, ttl
	p.requests <- r
	if p.sharedReplies != nil {
		<-p.sharedReplies
	} else {
		<-r.reply
	}
	return r.value, r.ok
}

func (p *ping) Get(key string) (int, bool) { return p.call(false, key, 0, 0) }

func (p *ping) Set(key string, value int, ttl time.Duration) error {
	if p.m == nil {
		return errNoTable
	}
	p.call(true, key, value, ttl)
	return nil
}

func (p *ping) Close() error {
	close(p.done)
	if p.width == 0 {
		close(p.requests)
	}
	return nil
}
