import { startReal } from './real-under-test.ts';
import { testServing } from './serving.ts';

testServing('vipdns and a real API server', () => startReal({}));
