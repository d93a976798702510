/**
 * Metrics of the process, under the names that every Prometheus client library gives them, so that the usual
 * dashboards find them. CPU and resident memory are those of all threads, the heap is the main thread's.
 */
import { readdirSync } from 'node:fs';
import type { MetricFamily } from './metric-family.ts';

const MICROSECONDS_PER_SECOND = 1e6;
/** One entry for each open file descriptor; there on Linux only. */
const FILE_DESCRIPTORS = '/proc/self/fd';

export function processMetrics(): MetricFamily[] {
  const startSeconds = performance.timeOrigin / 1000;
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process, in user and kernel mode.',
      type: 'counter',
      samples: () => {
        const { user, system } = process.cpuUsage();
        return [{ value: (user + system) / MICROSECONDS_PER_SECOND }];
      },
    },
    {
      name: 'process_start_time_seconds',
      help: 'Time at which the process started, in seconds since the epoch.',
      type: 'gauge',
      samples: () => [{ value: startSeconds }],
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Memory of the process that is resident, shared memory among it.',
      type: 'gauge',
      samples: () => [{ value: process.memoryUsage.rss() }],
    },
    {
      name: 'nodejs_heap_size_used_bytes',
      help: 'Heap of the main thread that is in use.',
      type: 'gauge',
      samples: () => [{ value: process.memoryUsage().heapUsed }],
    },
    {
      name: 'process_open_fds',
      help: 'Open file descriptors; no sample where the system does not tell.',
      type: 'gauge',
      samples: () => openFileDescriptors(),
    },
  ];
}

function openFileDescriptors(): { value: number }[] {
  try {
    // Less the one that reads the folder.
    return [{ value: readdirSync(FILE_DESCRIPTORS).length - 1 }];
  } catch {
    return [];
  }
}
