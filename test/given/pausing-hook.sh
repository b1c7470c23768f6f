#!/bin/sh
# A fault hook of a few lines, for the brokers of the secured cluster: PIDS names a file with "kafka1 4711" on each line.
verb=$1
order=$(cat)
for name in $(printf '%s' "$order" | grep -o '"name":"[^"]*"' | cut -d'"' -f4); do
  pid=$(grep "^$name " "$PIDS" | cut -d' ' -f2)
  case $verb in
    apply) kill -STOP "$pid" ;;
    heal) kill -CONT "$pid" ;;
  esac || exit 1
done
echo '{"applied":true,"healed":true,"verified":false,"evidence":"a signal was sent"}'
