/** An address with a port. */
export interface Place {
  host: string;
  port: number;
}
