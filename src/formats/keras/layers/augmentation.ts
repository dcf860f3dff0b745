// Layers that change images at random while a model is trained and pass them on unchanged afterwards.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/

import type { LayerFamily } from '../layer.ts';

export default {
  classNames: [
    'AugMix',
    'CutMix',
    'MixUp',
    'RandAugment',
    'RandomApply',
    'RandomBrightness',
    'RandomColorDegeneration',
    'RandomColorJitter',
    'RandomContrast',
    'RandomElasticTransform',
    'RandomErasing',
    'RandomFlip',
    'RandomGaussianBlur',
    'RandomGrayscale',
    'RandomHeight',
    'RandomHue',
    'RandomInvert',
    'RandomPerspective',
    'RandomPosterization',
    'RandomRotation',
    'RandomSaturation',
    'RandomSharpness',
    'RandomShear',
    'RandomTranslation',
    'RandomWidth',
    'RandomZoom',
    'Solarization',
  ],
  lower(layer) {
    // Every option says how images are changed during training.
    for (const key of Object.keys(layer.config.raw)) layer.config.get(key);
    return layer.input;
  },
} satisfies LayerFamily;
