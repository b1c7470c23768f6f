package porcupine

// Runs beside Porcupine's own tests, with the models and parsers that it ships: see run.ts.
//
//	KEPT_MODE=warm: the best of KEPT_ROUNDS rounds for each log, a JSON line each
//	KEPT_MODE=once: every log once, as fast as the process can; KEPT_LOG=jepsen/etcd_000.log: only that one
import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

type keptLog struct {
	Log     string  `json:"log"`
	Valid   bool    `json:"valid"`
	ParseMs float64 `json:"parseMs"`
	CheckMs float64 `json:"checkMs"`
}

func TestKeptBench(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("KEPT_ROUNDS"))
	if os.Getenv("KEPT_MODE") == "once" {
		rounds = 1
	}
	logs, _ := filepath.Glob("test_data/*/*.*")
	if only := os.Getenv("KEPT_LOG"); only != "" {
		logs = []string{filepath.Join("test_data", only)}
	}
	for _, path := range logs {
		parse, model := parseJepsenLog, etcdModel
		if strings.HasPrefix(path, "test_data/kv/") {
			parse, model = parseKvLog, kvModel
		}
		best := keptLog{Log: strings.TrimPrefix(path, "test_data/"), ParseMs: 1e9, CheckMs: 1e9}
		for round := 0; round < rounds; round++ {
			start := time.Now()
			events := parse(path)
			parsed := time.Now()
			best.Valid = CheckEvents(model, events)
			checked := time.Now()
			best.ParseMs = math.Min(best.ParseMs, parsed.Sub(start).Seconds()*1e3)
			best.CheckMs = math.Min(best.CheckMs, checked.Sub(parsed).Seconds()*1e3)
		}
		line, _ := json.Marshal(best)
		fmt.Println(string(line))
	}
}
