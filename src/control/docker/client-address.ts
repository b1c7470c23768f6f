import { createSocket } from 'node:dgram';

/** The address that this machine sends from when it sends to `address`: the kernel's choice, without sending anything. */
export function addressTowards(address: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const answer = (found: string | null) => {
      socket.close();
      resolve(found);
    };
    socket.once('error', () => answer(null));
    // Connecting a socket of datagrams only fixes its two ends.
    socket.connect(9, address, () => answer(socket.address().address));
  });
}
