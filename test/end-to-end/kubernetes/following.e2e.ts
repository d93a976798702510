/** The contract of following against real API servers: with streaming lists, with pages, and with JSON alone. */
import { testFollowing } from '../../source/kubernetes/contract.ts';
import { startReal } from './real-under-test.ts';

testFollowing('a real API server with streaming lists', () => startReal({}));
testFollowing('a real API server with pages', () => startReal({ featureGates: 'WatchList=false' }));
testFollowing('a real API server with JSON', () => startReal({ isJsonOnly: true }));
