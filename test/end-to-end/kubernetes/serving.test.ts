import { startEmulation } from '../../source/kubernetes/emulation-under-test.ts';
import { testServing } from './serving.ts';

testServing('vipdns and an emulated API server', () => startEmulation({}));
