// What makes a Keras model impossible to build in tfjs; becomes RUNTIME_FAILED with the reason.

export class Unsupported extends Error {}
