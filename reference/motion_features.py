"""What OFASys' own code makes of a small BVH file: test/fixtures/motion/ofasys.json.

    git clone https://github.com/OFA-Sys/OFASys && git -C OFASys checkout 7ea5801
    python reference/motion_features.py OFASys

Runs ofasys/preprocessor/default/motion_6d.py and ofasys/module/motion_6d.py as they are; only the
packages around them, which a rotation does not need, are replaced by empty ones, and one call is
adapted to today's scipy.
Needs numpy, scipy and torch.
"""

import importlib.util
import json
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy
import scipy.spatial.transform
import torch

checkout = Path(sys.argv[1])
out = Path(__file__).parent.parent / "test/fixtures/motion/ofasys.json"


def stub(name, **members):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__dict__.update(members)
    sys.modules[name] = module


def load(name, file):
    spec = importlib.util.spec_from_file_location(name, checkout / file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@dataclass
class PreprocessConfig:
    pass


stub("ofasys", ModalityType=None)
stub("ofasys.utils")
stub("ofasys.utils.oss", oss_get=None)
stub("ofasys.configure", register_config=lambda *_: lambda cls: cls)
stub("ofasys.module")
stub("ofasys.preprocessor")
stub("ofasys.preprocessor.dictionary", Dictionary=None)
stub("ofasys.preprocessor.instruction", Slot=types.SimpleNamespace)
stub("ofasys.preprocessor.default")
stub(
    "ofasys.preprocessor.default.base",
    CollateOutput=None,
    PreprocessConfig=PreprocessConfig,
    PreprocessSkipException=Exception,
    SafeBasePreprocess=object,
)
module = load("ofasys.module.motion_6d", "ofasys/module/motion_6d.py")
preprocess = load(
    "ofasys.preprocessor.default.motion_6d", "ofasys/preprocessor/default/motion_6d.py"
)



class OlderRotation:
    """scipy 1.17 wants angles about one axis as [n, 1]; the code was written when [n] was taken."""

    from_matrix = scipy.spatial.transform.Rotation.from_matrix

    @staticmethod
    def from_euler(axes, angles, degrees=False):
        angles = np.asarray(angles)
        shaped = angles[..., None] if len(axes) == 1 and angles.ndim == 1 else angles
        return scipy.spatial.transform.Rotation.from_euler(axes, shaped, degrees=degrees)


preprocess.R = OlderRotation

# End Sites come last in their numbering; one at the end of each branch.
header = """HIERARCHY
ROOT hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT spine
  {
    OFFSET 0.1 2.5 -0.2
    CHANNELS 3 Zrotation Yrotation Xrotation
    JOINT head
    {
      OFFSET 0 1.75 0.3
      CHANNELS 3 Zrotation Yrotation Xrotation
      End Site
      {
        OFFSET 0 1 0
      }
    }
  }
  JOINT leg
  {
    OFFSET -1 -0.5 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    End Site
    {
      OFFSET 0 -4 0.25
    }
  }
}
"""
frames, joints = 8, 4
random = np.random.default_rng(20261129)
motion = np.concatenate(
    [random.normal(0, 2, (frames, 3)), random.uniform(-170, 170, (frames, joints * 3))], axis=1
).round(6)
lines = "\n".join(" ".join(str(value) for value in row) for row in motion)
text = f"{header}MOTION\nFrames: {frames}\nFrame Time: 0.05\n{lines}\n"

code = preprocess.Motion6dPreprocess.__new__(preprocess.Motion6dPreprocess)
code.bvh_header = module.BvhHeader(text=text)
code.rotate_order = code.bvh_header.get_rotation_order()
code.scale_velocity = 100.0
code.inbetween_args = None

features = code._convert_bvh_to_rot6d(motion)
# What a network might say: no rotations, and velocities that disagree with the positions.
guessed = features + random.normal(0, 0.2, features.shape)
restored = code._batch_convert_rot6d_to_bvh(guessed[None].copy())[0]

out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(
    json.dumps(
        {
            "made": f"numpy {np.__version__}, scipy {scipy.__version__}, torch {torch.__version__}",
            "bvh": text,
            "positions": code.bvh_header._get_joint_positions(motion).tolist(),
            "features": features.tolist(),
            "guessed": guessed.tolist(),
            "restored": restored.tolist(),
            "restoredPositions": code.bvh_header._get_joint_positions(restored).tolist(),
        }
    )
    + "\n"
)
