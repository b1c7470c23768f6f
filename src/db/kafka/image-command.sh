#!/bin/sh
# What a container of kept's own image of Kafka runs by itself: one node, configured by its environment as those of
# apache/kafka and confluentinc/cp-kafka are. Each variable KAFKA_… is a property: KAFKA_LOG_DIRS is log.dirs, a double
# underscore is an underscore (a__b: a_b), a triple one a dash. Without any it is a small cluster by itself, for clients
# of localhost:9092. CLUSTER_ID is what its storage is formatted with. KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS,
# KAFKA_LOG4J_OPTS and KAFKA_OPTS go to Java. A run of kept uses none of this.
#
# Usage: run [properties]   properties: print them, and do nothing
set -eu
java=${KEPT_IMAGE_JAVA:-/opt/java/bin/java}
file=${KEPT_IMAGE_PROPERTIES:-/opt/kafka/config/server.properties}

properties() {
  awk 'BEGIN {
    for (name in ENVIRON) {
      if (name !~ /^KAFKA_./ || name ~ /_OPTS$|LOG4J|^KAFKA_(VERSION|HOME|JMX_.*)$/) continue
      property = tolower(substr(name, 7))
      gsub(/_/, ".", property)
      gsub(/\.\.\./, "-", property)
      gsub(/\.\./, "_", property)
      print property "=" ENVIRON[name]
    }
  }'
}

if [ -z "$(properties)" ]; then
  export KAFKA_NODE_ID=1 KAFKA_PROCESS_ROLES=broker,controller KAFKA_LOG_DIRS=/tmp/kraft-combined-logs
  export KAFKA_LISTENERS=PLAINTEXT://:9092,CONTROLLER://:9093 KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER
  export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092 KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093
  export KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
  export KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1 KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1
  export KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1
fi
# Where nothing is said of it, a node listens on every address at the ports that it advertises.
if [ -z "${KAFKA_LISTENERS:-}" ] && [ -n "${KAFKA_ADVERTISED_LISTENERS:-}" ]; then
  KAFKA_LISTENERS=$(printf %s "$KAFKA_ADVERTISED_LISTENERS" | sed 's,//[^,]*:,//:,g')
  export KAFKA_LISTENERS
fi
if [ "${1:-}" = properties ]; then
  properties
  exit
fi

properties > "$file"
quick='-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData'
options="${KAFKA_LOG4J_OPTS:-} ${KAFKA_OPTS:-}"
# With ZooKeeper there is nothing to format.
if [ -n "${KAFKA_PROCESS_ROLES:-}" ]; then
  $java $quick $options -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format --ignore-formatted \
    --cluster-id "${CLUSTER_ID:-a2VwdC1jbHVzdGVyLTAwMQ}" --config "$file"
fi
exec $java ${KAFKA_HEAP_OPTS:--Xms64m -Xmx1g} ${KAFKA_JVM_PERFORMANCE_OPTS:-$quick} $options \
  -cp '/opt/kafka/libs/*' kafka.Kafka "$file"
