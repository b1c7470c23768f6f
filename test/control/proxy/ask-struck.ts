/** Prints as a line of JSON what the cluster in BOOTSTRAP_SERVERS notices of requests that the proxy strikes. For inside `kept lab`. */
import { tellStruck } from './struck-on-cluster.ts';

const told = await tellStruck({ brokers: process.env['BOOTSTRAP_SERVERS']!.split(',') });
process.stdout.write(`\n${JSON.stringify(told)}\n`);
