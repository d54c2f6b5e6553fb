/** Wrong instructions: where (from 0) and what the error says. Checked by the compiler too. */

const ALL = "TEXT, IMAGE, BOX, AUDIO, VIDEO, MOTION, STRUCT, PHONE, CATEGORY";
const OF_TEXT =
  "preprocess, adaptor, max_length, mask_ratio, noise_ratio, uncased, no_punctuation, no_loss, closed_set, disable_auto_boseos";

export const malformed: readonly (readonly [text: string, position: number, problem: string])[] = [
  ["describe [IMAGE:img]", 20, "missing '->' between encoder and decoder sentence"],
  ["", 0, "missing '->' between encoder and decoder sentence"],
  [
    "[TEXT:a] -> [TEXT:b] -> [TEXT:c]",
    21,
    "more than one '->'; write '\\->' for an arrow in the text",
  ],
  [
    "[TEXT:a] -> [TEXT:b] ||| x -> [TEXT:c]",
    21,
    "'|||' stands between templates, expected one; split them with parseTemplates",
  ],
  ["[TEXT:a] -> what", 16, "the decoder side (after ->) has no slot"],
  ["[TEXT:a] -> ", 12, "the decoder side (after ->) has no slot"],
  [
    "[TEXT:a] -> [TEXT:b,no_loss]",
    28,
    "the decoder side (after ->) has only no_loss slots, nothing to generate",
  ],
  [
    "[IMAGES:x] -> [TEXT:y]",
    1,
    `unknown modality 'IMAGES' (expected one of ${ALL}); did you mean IMAGE?`,
  ],
  [
    "[BOUNDING_BOX] -> [TEXT:y]",
    1,
    `unknown modality 'BOUNDING_BOX' (expected one of ${ALL}); write '\\[' for a bracket in the text`,
  ],
  [
    "[Text:x] -> [TEXT:y]",
    1,
    `unknown modality 'Text' (expected one of ${ALL}); did you mean TEXT?`,
  ],
  [
    "[image:x] -> [TEXT:y]",
    1,
    `unknown modality 'image' (expected one of ${ALL}); did you mean IMAGE?`,
  ],
  [
    "[NOTE] -> [TEXT:y]",
    1,
    `unknown modality 'NOTE' (expected one of ${ALL}); write '\\[' for a bracket in the text`,
  ],
  ["[TEXT : x] -> [TEXT:y]", 5, "a slot has no blanks"],
  ["[ TEXT:x] -> [TEXT:y]", 1, "a slot has no blanks: expected '[TEXT'"],
  ["[IMAGE:a b] -> [TEXT:y]", 8, "expected ',' or ']' in the slot that starts '[IMAGE', got ' '"],
  ["[TEXT x] -> [TEXT:y]", 5, "expected ':', ',' or ']' in the slot that starts '[TEXT', got ' '"],
  [
    "[TEXT:x, uncased] -> [TEXT:y]",
    8,
    "expected an attribute after ',' in the slot that starts '[TEXT', got ' '",
  ],
  ["[TEXT:] -> [TEXT:y]", 6, "expected a name after ':' in the slot that starts '[TEXT', got ']'"],
  [
    "[TEXT:x,] -> [TEXT:y]",
    8,
    "expected an attribute after ',' in the slot that starts '[TEXT', got ']'",
  ],
  ["[TEXT:a-b] -> [TEXT:y]", 7, "expected ',' or ']' in the slot that starts '[TEXT', got '-'"],
  ["[TEXT:x -> [TEXT:y]", 7, "expected ',' or ']' in the slot that starts '[TEXT', got ' '"],
  ["[TEXT:x] -> [TEXT:y", 19, "expected ',' or ']' in the slot that starts '[TEXT', got the end"],
  ["[TEXT:__proto__] -> [TEXT:y]", 0, "no slot may be named '__proto__'"],
  [
    "[TEXT:a,max_lenght=3] -> [TEXT:b]",
    8,
    `unknown attribute 'max_lenght' in [TEXT] (expected one of ${OF_TEXT}); did you mean max_length?`,
  ],
  [
    "[TEXT:a,colour=3] -> [TEXT:b]",
    8,
    `unknown attribute 'colour' in [TEXT] (expected one of ${OF_TEXT})`,
  ],
  [
    "[TEXT:a,constructor] -> [TEXT:b]",
    8,
    `unknown attribute 'constructor' in [TEXT] (expected one of ${OF_TEXT})`,
  ],
  [
    "[TEXT:a] -> [TEXT:b,closed_set=3]",
    20,
    "attribute 'closed_set' of [TEXT] takes no value (got '3')",
  ],
  [
    "[TEXT:a,max_length] -> [TEXT:b]",
    8,
    "attribute 'max_length' of [TEXT] needs a value: an integer",
  ],
  [
    "[TEXT:a,max_length=] -> [TEXT:b]",
    19,
    "expected a value after 'max_length=' (a name, a number or a quoted string) in the slot that starts '[TEXT', got ']'",
  ],
  [
    "[TEXT:a,max_length=four] -> [TEXT:b]",
    8,
    "attribute 'max_length' of [TEXT] needs an integer, got 'four'",
  ],
  [
    "[TEXT:a,max_length=1.5] -> [TEXT:b]",
    8,
    "attribute 'max_length' of [TEXT] needs an integer, got '1.5'",
  ],
  [
    "[TEXT:a,max_length=0] -> [TEXT:b]",
    8,
    "attribute 'max_length' of [TEXT] must be at least 1, got 0",
  ],
  [
    "[TEXT:a,max_length=-3] -> [TEXT:b]",
    8,
    "attribute 'max_length' of [TEXT] must be at least 1, got -3",
  ],
  [
    '[TEXT:a,max_length="3"] -> [TEXT:b]',
    8,
    "attribute 'max_length' of [TEXT] needs an integer, got '3'",
  ],
  [
    "[TEXT:a,mask_ratio=1.5] -> [TEXT:b]",
    8,
    "attribute 'mask_ratio' of [TEXT] must be from 0 to 1, got 1.5",
  ],
  [
    "[TEXT:a,mask_ratio=-0.5] -> [TEXT:b]",
    8,
    "attribute 'mask_ratio' of [TEXT] must be from 0 to 1, got -0.5",
  ],
  [
    "[TEXT:a,mask_ratio=some] -> [TEXT:b]",
    8,
    "attribute 'mask_ratio' of [TEXT] needs a number, got 'some'",
  ],
  [
    "[MOTION:m,anchor_frame=-1] -> [TEXT:b]",
    10,
    "attribute 'anchor_frame' of [MOTION] must be at least 0, got -1",
  ],
  ["[TEXT:a,uncased,uncased] -> [TEXT:b]", 16, "attribute 'uncased' stands twice in [TEXT]"],
  ["[TEXT:a,no_loss] -> [TEXT:b]", 8, "'no_loss' only applies to decoder slots"],
  ["[TEXT:a,closed_set] -> [TEXT:b]", 8, "'closed_set' only applies to decoder slots"],
  ["[TEXT:a] -> [TEXT:b,mask_ratio=0.1]", 20, "'mask_ratio' only applies to encoder slots"],
  [
    "[IMAGE:a] -> [IMAGE:b,no_loss]",
    22,
    "unknown attribute 'no_loss' in [IMAGE] (expected one of preprocess, adaptor, length, mask_ratio)",
  ],
  [
    "[TEXT:a] -> [TEXT:b,is_label]",
    20,
    `unknown attribute 'is_label' in [TEXT] (expected one of ${OF_TEXT}); write 'closed_set'`,
  ],
  [
    "[TEXT:a] -> [IMAGE:b,preprocessor=image_vqgan]",
    21,
    "unknown attribute 'preprocessor' in [IMAGE] (expected one of preprocess, adaptor, length, mask_ratio); write 'preprocess'",
  ],
  [
    "[TEXT:a,add_bos] -> [TEXT:b]",
    8,
    `unknown attribute 'add_bos' in [TEXT] (expected one of ${OF_TEXT}); leave it out, the beginning is marked anyway`,
  ],
  [
    "[IMAGE:a,preprocess=imagnet] -> [TEXT:b]",
    9,
    "no preprocess is named 'imagnet' here (expected one of image, imagenet, imagepretrain, image_vqgan); did you mean imagenet?",
  ],
  [
    "[IMAGE:a,preprocess] -> [TEXT:b]",
    9,
    "attribute 'preprocess' of [IMAGE] needs a value: a name",
  ],
  [
    "[TEXT:a] -> [IMAGE:b,adaptor=image_resnet]",
    21,
    "no adaptor is named 'image_resnet' here (expected one of image_vqgan)",
  ],
  [
    "[IMAGE:a,preprocess=image-net] -> [TEXT:b]",
    9,
    "no preprocess is named 'image-net' here (expected one of image, imagenet, imagepretrain, image_vqgan); did you mean imagenet?",
  ],
  ["[TEXT:a] -> [VIDEO:v]", 12, "[VIDEO] only applies to the encoder side"],
  ["[TEXT:a] -> [TEXT:b] [TEXT:c,no_loss]", 21, "prefix slots must precede the generated slot"],
  [
    "[TEXT:a] -> [TEXT:b,no_loss,closed_set] [TEXT:c]",
    12,
    "[TEXT] is given (no_loss), so closed_set has no meaning",
  ],
  [
    "[TEXT:a] -> [TEXT:b] please",
    21,
    "text must precede the generated slot, which ends the answer",
  ],
  [
    "[TEXT:a] -> [BOX:b] is [TEXT:c]",
    20,
    "text must precede the generated slot, which ends the answer",
  ],
  [
    "[TEXT:a] -> [IMAGE:b] [TEXT:c]",
    22,
    "[IMAGE] must be the only generated slot: it is not text-like",
  ],
  [
    "[TEXT:a] -> [TEXT:c] [IMAGE:b]",
    21,
    "[IMAGE] must be the only generated slot: it is not text-like",
  ],
  ["[TEXT:a] [TEXT:a] -> [TEXT:b]", 9, "the name 'a' stands twice on the encoder side"],
  ["[TEXT:a] -> [TEXT:b,no_loss] [TEXT:b]", 29, "the name 'b' stands twice on the decoder side"],
  ["[TEXT:a] -> [BOX:a]", 12, "'a' is [TEXT] on the encoder side and [BOX] here"],
  ["[TEXT] [TEXT:0] -> [TEXT:b]", 7, "the name '0' stands twice on the encoder side"],
  ["( [IMAGE:a] )* -> [TEXT:b]", 0, "a group '( … )*' only applies to the decoder side"],
  [
    "[TEXT:a] -> ( [TEXT:b] [TEXT:c,no_loss] )*",
    23,
    "a no_loss slot cannot be repeated; put it before the group",
  ],
  ["[TEXT:a] -> ( [IMAGE:b] )*", 14, "[IMAGE] cannot be repeated: it is not text-like"],
  ["[TEXT:a] -> ( [BOX:b] )* [TEXT:c]", 25, "a group '( … )*' must be all that is generated"],
  ["[TEXT:a] -> [TEXT:c] ( [BOX:b] )*", 21, "a group '( … )*' must be all that is generated"],
  ["[TEXT:a] -> ( [BOX:b] )* ( [TEXT:c] )*", 25, "a group '( … )*' must be all that is generated"],
  [
    "[TEXT:a] -> ( [BOX:b] )* done",
    25,
    "text must precede the generated slot, which ends the answer",
  ],
  ["[TEXT:a] -> ( [BOX:b] ( [TEXT:c] )* )*", 22, "a group cannot stand in a group"],
  ["[TEXT:a] -> [BOX:b] )*", 20, "text must precede the generated slot, which ends the answer"],
  [
    "look at the [IMAGE:picture] and\ntell me [TEXT:what,max_lenth=3] it shows, if you can -> [TEXT:answer]",
    51,
    `unknown attribute 'max_lenth' in [TEXT] (expected one of ${OF_TEXT}); did you mean max_length?`,
  ],
];
