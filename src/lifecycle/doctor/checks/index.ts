// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Check } from '../definition.ts';
import described from './described.ts';
import externalData from './external-data.ts';
import hdf5End from './hdf5-end.ts';
import kerasContainer from './keras-container.ts';
import kerasVersion from './keras-version.ts';
import kernelOrder from './kernel-order.ts';
import layerWeights from './layer-weights.ts';
import libraries from './libraries.ts';
import manifest from './manifest.ts';
import nodeVersion from './node-version.ts';
import optimizerState from './optimizer-state.ts';
import port from './port.ts';
import protobufEnd from './protobuf-end.ts';
import reads from './reads.ts';
import recognized from './recognized.ts';
import runs from './runs.ts';
import runtimes from './runtimes.ts';
import store from './store.ts';
import temporarySpace from './temporary-space.ts';
import unsupportedLayers from './unsupported-layers.ts';
import weightsFinite from './weights-finite.ts';
import zipEnd from './zip-end.ts';

export const checks: readonly Check[] = [
  described,
  externalData,
  hdf5End,
  kerasContainer,
  kerasVersion,
  kernelOrder,
  layerWeights,
  libraries,
  manifest,
  nodeVersion,
  optimizerState,
  port,
  protobufEnd,
  reads,
  recognized,
  runs,
  runtimes,
  store,
  temporarySpace,
  unsupportedLayers,
  weightsFinite,
  zipEnd,
];
