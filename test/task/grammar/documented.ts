/** The 23 example tasks of OFASys with the instructions of its documentation; video QA's `is_label`, which its code does not read, is closed_set. */

export const documented = [
  [
    "NLU",
    'is the sentiment of text " [TEXT:sentence] " positive or negative? -> is the sentiment of text " [TEXT:sentence,no_loss] " positive or negative? [TEXT:label,closed_set]',
  ],
  ["multiple tasks", "[TEXT:instruction] [TEXT:examples] [TEXT:src] -> [TEXT:tgt,max_length=128]"],
  ["summarisation", 'what is the summary of article " [TEXT:src] "? -> [TEXT:tgt,noise_ratio=0.2]'],
  ["text infilling", 'what is the complete text of " [TEXT:text,mask_ratio=0.3] "? -> [TEXT:text]'],
  [
    "image classification",
    "[IMAGE:image] what does the image describe? -> [TEXT:label_name,closed_set]",
  ],
  [
    "visual entailment",
    '[IMAGE:img] can image and text1 " [TEXT:cap] " imply text2 " [TEXT:hyp] "? -> can image and text1 " [TEXT:cap,no_loss] " imply text2 " [TEXT:hyp,no_loss] "? [TEXT:label,closed_set]',
  ],
  ["image captioning", "[IMAGE:img] what does the image describe? -> [TEXT:cap]"],
  ["VQA", "[IMAGE:image] [TEXT:question] -> [TEXT:answer,closed_set]"],
  [
    "text-to-image",
    'what is the complete image? caption: [TEXT:text]"? -> [IMAGE,preprocess=image_vqgan,adaptor=image_vqgan]',
  ],
  [
    "image infilling",
    'what is the complete image of "[IMAGE:img,mask_ratio=0.5]"? -> [IMAGE,preprocess=image_vqgan,adaptor=image_vqgan]',
  ],
  [
    "visual grounding",
    '[IMAGE:img] which region does the text " [TEXT:cap] " describe? -> [BOX:patch_boxes]',
  ],
  [
    "grounded caption",
    "[IMAGE:img] what does the region describe? region: [BOX:patch_boxes] -> [TEXT:cap]",
  ],
  ["object detection", "[IMAGE:img] what are the objects in the image? -> ( [BOX] [TEXT])*"],
  ["video classification", "[VIDEO:video] what is in the video? -> [TEXT:label_name,closed_set]"],
  ["video captioning", "[VIDEO:video] what does the video describe? -> [TEXT:cap]"],
  ["video QA", "[VIDEO:video] [TEXT:question] -> [TEXT:answer,closed_set]"],
  [
    "ASR",
    "[AUDIO:wav] what is the text corresponding to the voice? -> [TEXT:text,preprocess=text_phone]",
  ],
  ["TTS", "[PHONE:text] -> [AUDIO:fbank,adaptor=audio_tgt_fbank]"],
  [
    "text-to-SQL",
    '" [TEXT:src] " ; structured knowledge: " [STRUCT:database,max_length=876] " . generating sql code. -> [TEXT:tgt]',
  ],
  [
    "table-to-text",
    'structured knowledge: " [STRUCT:database,uncased] " . how to describe the tripleset ? -> [TEXT:tgt]',
  ],
  [
    "table QA",
    'structured knowledge: " [STRUCT:database] " . what is the answer of the question " [TEXT:src] " ? -> [TEXT:tgt]',
  ],
  ["sudoku", '" [TEXT:src] " . solve the sudoku . -> [TEXT:tgt]'],
  [
    "text-to-motion",
    "motion capture: [TEXT:text] -> [MOTION:bvh_frames,preprocess=motion_6d,adaptor=motion_6d]",
  ],
] as const;
