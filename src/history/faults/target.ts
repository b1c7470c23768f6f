import { z } from 'zod';

/** Whom a fault strikes: a role, which is resolved at the strike, or the name of a node. */
export const targetSchema = z
  .string()
  .min(1)
  .describe(
    'leader, controller, coordination, follower, followers, broker, brokers, minority, majority, all, or the name of a node',
  );
