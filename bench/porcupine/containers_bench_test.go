package porcupine

// Stacks and priority queues as models of Porcupine, over histories that containers.ts has made:
//
//	KEPT_HISTORY: a file of lines "operation value call return" (operation 0 put, 1 take, 2 look; value -1: nothing)
//	KEPT_KIND: stack or heap
import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"testing"
	"time"
)

type keptInput struct{ op, value int }

func keptContainer(heap bool) Model {
	return Model{
		Init: func() interface{} { return []int{} },
		Step: func(state, input, output interface{}) (bool, interface{}) {
			items, in := state.([]int), input.(keptInput)
			if in.op == 0 {
				more := append(append([]int{}, items...), in.value)
				if heap {
					sort.Sort(sort.Reverse(sort.IntSlice(more)))
				}
				return true, more
			}
			found := output.(int)
			if len(items) == 0 {
				return found == -1, items
			}
			last := len(items) - 1
			if items[last] != found {
				return false, items
			}
			if in.op == 2 {
				return true, items
			}
			return true, items[:last]
		},
		Equal: func(a, b interface{}) bool {
			one, other := a.([]int), b.([]int)
			if len(one) != len(other) {
				return false
			}
			for at := range one {
				if one[at] != other[at] {
					return false
				}
			}
			return true
		},
	}
}

func TestKeptContainers(t *testing.T) {
	file, err := os.Open(os.Getenv("KEPT_HISTORY"))
	if err != nil {
		t.Skip("no history")
	}
	defer file.Close()
	var operations []Operation
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var op, value, call, ret int
		fmt.Sscan(lines.Text(), &op, &value, &call, &ret)
		operations = append(operations, Operation{ClientId: len(operations), Input: keptInput{op, value}, Call: int64(call), Output: value, Return: int64(ret)})
	}
	start := time.Now()
	result := CheckOperationsTimeout(keptContainer(os.Getenv("KEPT_KIND") == "heap"), operations, 60*time.Second)
	fmt.Printf("{\"verdict\":\"%s\",\"ms\":%d}\n", result, time.Since(start).Milliseconds())
}
