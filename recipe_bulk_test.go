package lastmodstore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type user struct {
	ID   string
	Name string
}

// A userTable stands for a database.
type userTable interface {
	// selectUsers returns the users with one of ids, in any order: SELECT … WHERE id IN (…).
	selectUsers(ctx context.Context, ids []string) ([]user, error)
}

// loadUsers returns the LoadManyFunc of a cache of users. Users stored at the same time
// expire within six minutes.
func loadUsers(table userTable) lastmodstore.LoadManyFunc[string, user] {
	return func(ctx context.Context, ids []string) (map[string]lastmodstore.Loaded[user], error) {
		users, err := table.selectUsers(ctx, ids)
		if err != nil {
			return nil, err
		}
		loaded := make(map[string]lastmodstore.Loaded[user], len(users))
		for _, u := range users {
			loaded[u.ID] = lastmodstore.Loaded[user]{Value: u, TTL: lastmodstore.Jitter(time.Hour, 0.1)}
		}
		return loaded, nil // without the ids that do not exist
	}
}

// loadUser returns the LoadFunc of the same cache.
func loadUser(table userTable) lastmodstore.LoadFunc[string, user] {
	loadMany := loadUsers(table)
	return func(ctx context.Context, id string, _ lastmodstore.Entry[user], _ bool) (user, time.Duration, error) {
		loaded, err := loadMany(ctx, []string{id})
		if err != nil {
			return user{}, 0, err
		}
		x, ok := loaded[id]
		if !ok {
			return user{}, 0, lastmodstore.ErrNotFound
		}
		return x.Value, x.TTL, nil
	}
}

// memoryTable is a userTable that prints its queries.
type memoryTable map[string]string

func (m memoryTable) selectUsers(_ context.Context, ids []string) (users []user, err error) {
	fmt.Println("SELECT", ids)
	for _, id := range ids {
		if name, ok := m[id]; ok {
			users = append(users, user{id, name})
		}
	}
	return users, nil
}

func Example_bulkLoad() {
	s := mutexstore.New[string, user](time.Minute)
	defer s.Close()
	table := memoryTable{"1": "Ada", "2": "Grace", "3": "Edsger"}
	users := lastmodstore.NewLoader(s, loadUser(table), lastmodstore.LoadMany(loadUsers(table)))
	defer users.Close()

	for _, ids := range [][]string{{"1", "2"}, {"2", "3", "4"}} {
		entries, err := users.GetMany(context.Background(), ids)
		for _, id := range slices.Sorted(maps.Keys(entries)) {
			fmt.Println(id, entries[id].Value.Name)
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	_, err := users.Get(context.Background(), "4")
	fmt.Println(errors.Is(err, lastmodstore.ErrNotFound))
	// Output:
	// SELECT [1 2]
	// 1 Ada
	// 2 Grace
	// SELECT [3 4]
	// 2 Grace
	// 3 Edsger
	// SELECT [4]
	// true
}

// countingTable has all users, and is down if broken is set. It counts queries.
type countingTable struct {
	queries int
	broken  error
}

func (c *countingTable) selectUsers(_ context.Context, ids []string) (users []user, err error) {
	c.queries++
	for _, id := range ids {
		users = append(users, user{ID: id})
	}
	return users, c.broken
}

func TestUsersLoadedTogetherDoNotExpireTogether(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, user]) {
		table := &countingTable{}
		users := lastmodstore.NewLoader(s, loadUser(table), lastmodstore.LoadMany(loadUsers(table)))
		ids := make([]string, 10_000)
		for i := range ids {
			ids[i] = strconv.Itoa(i)
		}
		g.Expect(users.GetMany(context.Background(), ids)).To(HaveLen(len(ids)))
		time.Sleep(54*time.Minute - time.Nanosecond)
		for range 6 { // minutes
			before := len(s.GetMany(ids))
			time.Sleep(time.Minute)
			g.Expect(before-len(s.GetMany(ids))).To(BeNumerically("~", len(ids)/6, 400), "a sixth of them")
		}
		g.Expect(table.queries).To(Equal(1))
	})
}

func TestUsersThatCannotBeLoadedDoNotHideTheOthers(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, user]) {
		table := &countingTable{}
		users := lastmodstore.NewLoader(s, loadUser(table), lastmodstore.LoadMany(loadUsers(table)))
		g.Expect(users.GetMany(context.Background(), []string{"1", "2"})).To(HaveLen(2))
		table.broken = errors.New("the database is down")
		entries, err := users.GetMany(context.Background(), []string{"1", "3", "2"})
		g.Expect(err).To(MatchError(table.broken))
		g.Expect(entries).To(HaveLen(2))
	})
}
