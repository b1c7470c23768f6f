import type { Socket } from 'node:net';

const CORRELATION_ID_AT = 8; // after size (4), API key (2) and version (2)

/** Tells of each request that an open socket takes, with its correlation id. */
export function watchWrites(socket: Socket, taken: (correlationId: number, request: Buffer) => void): void {
  const write = socket.write.bind(socket);
  // The library writes a whole request at a time, and never asks to be called back.
  socket.write = (chunk: Uint8Array | string): boolean => {
    // What is shorter has no header: a step of SASL as brokers before Kafka 1.0 take it.
    const hasHeader = Buffer.isBuffer(chunk) && chunk.length >= CORRELATION_ID_AT + 4;
    if (socket.writable && hasHeader) taken(chunk.readInt32BE(CORRELATION_ID_AT), chunk);
    return write(chunk);
  };
}
