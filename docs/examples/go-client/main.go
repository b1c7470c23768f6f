// A Go client under audit: franz-go, by the protocol of docs/clients.md. One JSON object a line; requests come on standard
// input, answers go to standard output. Put your own library into the type producer.
//
//	go build -o kept-go-client .
//	kept run leader-killed-acks-all --client-command "./kept-go-client" --retries 5
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const library = "github.com/twmb/franz-go"

// request has the fields of every operation; those of other operations stay empty.
type request struct {
	Op     string `json:"op"`
	ID     int64  `json:"id"`
	Worker int    `json:"worker"`

	// open
	Brokers             []string          `json:"brokers"`
	Topic               string            `json:"topic"`
	Acks                json.RawMessage   `json:"acks"`
	Idempotence         bool              `json:"idempotence"`
	Retries             int               `json:"retries"`
	RequestTimeoutMs    int64             `json:"requestTimeoutMs"`
	DeliveryTimeoutMs   int64             `json:"deliveryTimeoutMs"`
	ConnectionTimeoutMs int64             `json:"connectionTimeoutMs"`
	TLS                 json.RawMessage   `json:"tls"`
	SASL                json.RawMessage   `json:"sasl"`
	Settings            map[string]string `json:"settings"`

	// write
	Partition *int32   `json:"partition"`
	Values    []string `json:"values"`
	Keys      []string `json:"keys"`
}

// result is what became of one value: an offset, or an error.
type result struct {
	Offset *int64 `json:"offset,omitempty"`
	Error  string `json:"error,omitempty"`
}

// answer repeats the id of its request.
type answer struct {
	ID      int64    `json:"id"`
	Results []result `json:"results,omitempty"`
	Error   string   `json:"error,omitempty"`
	Detail  string   `json:"detail,omitempty"`
}

var output sync.Mutex

// say prints one line, whole.
func say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Fprintf(os.Stdout, "%s\n", text)
}

// nameOf is the library's name for what went wrong.
func nameOf(err error) string {
	var told *kerr.Error
	if errors.As(err, &told) {
		return told.Message
	}
	switch {
	case errors.Is(err, kgo.ErrRecordTimeout), errors.Is(err, context.DeadlineExceeded):
		return "ErrRecordTimeout"
	case errors.Is(err, kgo.ErrRecordRetries):
		return "ErrRecordRetries"
	case errors.Is(err, kgo.ErrClientClosed):
		return "ErrClientClosed"
	}
	return fmt.Sprintf("%T", err)
}

func milliseconds(count int64) time.Duration { return time.Duration(count) * time.Millisecond }

// atLeast is a time that the library takes: it refuses shorter ones.
func atLeast(least time.Duration, count int64) time.Duration { return max(least, milliseconds(count)) }

// producer is the library, as one worker has it.
type producer struct{ client *kgo.Client }

func open(asked request) (*producer, error) {
	if isGiven(asked.TLS) || isGiven(asked.SASL) || len(asked.Settings) > 0 {
		return nil, errors.New("this example has no TLS, no SASL and no settings")
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(asked.Brokers...),
		// So that faults can be told which worker is meant.
		kgo.ClientID(fmt.Sprintf("kept-%d", asked.Worker)),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		// It counts the first try, too.
		kgo.RecordRetries(asked.Retries + 1),
		kgo.RecordDeliveryTimeout(atLeast(time.Second, asked.DeliveryTimeoutMs)),
		kgo.RetryTimeout(atLeast(time.Second, asked.DeliveryTimeoutMs)),
		// A request may take both together.
		kgo.ProduceRequestTimeout(atLeast(100*time.Millisecond, asked.RequestTimeoutMs)),
		kgo.RequestTimeoutOverhead(time.Second),
		kgo.DialTimeout(milliseconds(asked.ConnectionTimeoutMs)),
		kgo.ProducerLinger(0),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	}
	switch string(asked.Acks) {
	case "0":
		options = append(options, kgo.RequiredAcks(kgo.NoAck()))
	case "1":
		options = append(options, kgo.RequiredAcks(kgo.LeaderAck()))
	default:
		options = append(options, kgo.RequiredAcks(kgo.AllISRAcks()))
	}
	if !asked.Idempotence {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(context.Background(), milliseconds(asked.ConnectionTimeoutMs))
	defer cancel()
	if err := client.Ping(within); err != nil {
		client.Close()
		return nil, err
	}
	return &producer{client}, nil
}

// write is answered when the library has told what became of every record.
func (own *producer) write(asked request) {
	if asked.Partition == nil {
		say(answer{ID: asked.ID, Error: "PARTITION_MISSING", Detail: "this example leaves no partition to the library"})
		return
	}
	results := make([]result, len(asked.Values))
	var left sync.WaitGroup
	left.Add(len(asked.Values))
	for index, value := range asked.Values {
		record := &kgo.Record{Topic: asked.Topic, Partition: *asked.Partition, Value: []byte(value)}
		if len(asked.Keys) > 0 {
			record.Key = []byte(asked.Keys[index])
		}
		own.client.Produce(context.Background(), record, func(stored *kgo.Record, err error) {
			defer left.Done()
			if err != nil {
				results[index] = result{Error: nameOf(err)}
			} else {
				results[index] = result{Offset: &stored.Offset}
			}
		})
	}
	go func() {
		left.Wait()
		say(answer{ID: asked.ID, Results: results})
	}()
}

func isGiven(field json.RawMessage) bool { return len(field) > 0 && string(field) != "null" }

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == library {
				return module.Version[1:]
			}
		}
	}
	return "0.0.0"
}

func main() {
	say(map[string]any{"protocol": 1, "library": "franz-go", "version": version()})
	var sessions sync.Map
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			// What started it is gone: so is it, whatever is still under way.
			return
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		own, isOpen := sessions.Load(asked.Worker)
		switch {
		case asked.Op == "open":
			// The others need not wait for its brokers.
			go func() {
				opened, err := open(asked)
				if err != nil {
					say(answer{ID: asked.ID, Error: nameOf(err), Detail: err.Error()})
					return
				}
				sessions.Store(asked.Worker, opened)
				say(answer{ID: asked.ID})
			}()
		case asked.Op == "write" && isOpen:
			own.(*producer).write(asked)
		case asked.Op == "close" && isOpen:
			sessions.Delete(asked.Worker)
			go func() {
				own.(*producer).client.Close()
				say(answer{ID: asked.ID})
			}()
		default:
			say(answer{ID: asked.ID, Error: "NOT_POSSIBLE", Detail: fmt.Sprintf("%q of worker %d", asked.Op, asked.Worker)})
		}
	}
}
