/** Whether what takes minutes is run, too: VIPDNS_E2E_LONG=1. */
export const isLong = process.env.VIPDNS_E2E_LONG === '1';

/** What `skip` of a test is told where that is not so. */
export function unlessLong(seconds: number): string | false {
  return isLong ? false : `takes ${seconds} s: VIPDNS_E2E_LONG=1 has it run`;
}
