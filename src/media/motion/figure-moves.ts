/** What the figure can do: of each move, the angles of its joints at a time. */

export type JointName =
  | "hips"
  | "spine"
  | "neck"
  | "head"
  | `${"left" | "right"}${"Shoulder" | "Elbow" | "Hip" | "Knee"}`;

export type Angles = readonly [x: number, y: number, z: number];

export interface Pose {
  /**
   * Radians about x, y and z; joints that are left out are at rest. About x, minus swings a limb
   * ahead and plus bends the back; about z, plus lifts the left arm to its side, minus the right one.
   */
  readonly turns: Readonly<Partial<Record<JointName, Angles>>>;
  /** How far the figure has turned about the upright axis, in radians. */
  readonly facing?: number;
  /** How far it has come, in metres. */
  readonly ahead?: number;
  /** Of the lower foot above the ground, in metres. */
  readonly height?: number;
}

interface Move {
  /** At speed 1. */
  readonly cyclesPerSecond: number;
  /** @param cycles Since the move began. @param far How far limbs go; 1 is usual. */
  readonly pose: (cycles: number, far: number) => Pose;
}

const turn = 2 * Math.PI;
const legLength = 0.89;

/** There and back once a cycle, from 0 to 1 and back to 0, without a jolt. */
const swell = (cycles: number): number => 0.5 - 0.5 * Math.cos(turn * cycles);

/** From 0 to 1 and no further, without a jolt. */
const ease = (share: number): number => {
  const t = Math.max(0, Math.min(1, share));
  return t * t * (3 - 2 * t);
};

/** Legs and arms in turns, as in walking. */
function stride(
  cycles: number,
  leg: number,
  knee: number,
  arm: number,
  elbow: number,
): Pose["turns"] {
  const side = (at: number): readonly [hip: number, knee: number, shoulder: number] => {
    const phase = turn * at;
    // The knee bends while its leg comes forward; the arm goes against the leg of its side.
    return [
      -leg * Math.sin(phase),
      0.1 + knee * Math.max(0, Math.cos(phase)),
      arm * Math.sin(phase),
    ];
  };
  const [left, right] = [side(cycles), side(cycles + 0.5)];
  return {
    leftHip: [left[0], 0, 0],
    leftKnee: [left[1], 0, 0],
    leftShoulder: [left[2], 0, 0.08],
    leftElbow: [-elbow, 0, 0],
    rightHip: [right[0], 0, 0],
    rightKnee: [right[1], 0, 0],
    rightShoulder: [right[2], 0, -0.08],
    rightElbow: [-elbow, 0, 0],
  };
}

/** Knees bent by a share of a full squat, feet below the body. */
function crouch(share: number): Pose["turns"] {
  const [hip, knee]: [Angles, Angles] = [
    [-1.25 * share, 0, 0],
    [1.95 * share, 0, 0],
  ];
  return {
    spine: [0.55 * share, 0, 0],
    leftHip: hip,
    rightHip: hip,
    leftKnee: knee,
    rightKnee: knee,
  };
}

const armsOut = (angle: number): Pose["turns"] => ({
  leftShoulder: [0, 0, angle],
  rightShoulder: [0, 0, -angle],
});

function wave(side: "left" | "right"): Move {
  const sign = side === "left" ? 1 : -1;
  return {
    cyclesPerSecond: 1.5,
    pose: (cycles, far) => ({
      turns: {
        [`${side}Shoulder`]: [0, 0, sign * 1.9],
        [`${side}Elbow`]: [0, 0, sign * (0.75 + 0.6 * far * Math.sin(turn * cycles))],
      },
    }),
  };
}

function kick(side: "left" | "right"): Move {
  const other = side === "left" ? "right" : "left";
  return {
    cyclesPerSecond: 0.8,
    pose: (cycles, far) => {
      const back = Math.max(0, Math.sin(turn * cycles)) * 0.5;
      const ahead = Math.max(0, -Math.sin(turn * cycles)) * 1.5;
      return {
        turns: {
          spine: [-0.12 * far * ahead, 0, 0],
          [`${side}Hip`]: [far * (back - ahead), 0, 0],
          [`${side}Knee`]: [far * back * 2.2, 0, 0],
          [`${side}Shoulder`]: [far * (ahead - back) * 0.4, 0, side === "left" ? 0.3 : -0.3],
          [`${other}Shoulder`]: [far * (back - ahead) * 0.5, 0, side === "left" ? -0.3 : 0.3],
        },
      };
    },
  };
}

/** Walking and running: the body goes as fast as the foot on the ground goes back under it. */
function walking(cyclesPerSecond: number, leg: number, pose: Move["pose"]): Move {
  const perCycle = (far: number): number => 4 * legLength * Math.sin(Math.min(1.5, leg * far));
  return {
    cyclesPerSecond,
    pose: (cycles, far) => ({ ...pose(cycles, far), ahead: perCycle(far) * cycles }),
  };
}

const table = {
  walk: walking(0.9, 0.42, (cycles, far) => ({
    turns: {
      ...stride(cycles, 0.42 * far, 0.75 * far, 0.45 * far, 0.25),
      spine: [0.03, 0.1 * far * Math.sin(turn * cycles), 0],
    },
  })),
  run: walking(1.5, 0.75, (cycles, far) => ({
    turns: {
      ...stride(cycles, 0.75 * far, 1.5 * far, 0.8 * far, 1.5),
      spine: [0.22, 0.15 * far * Math.sin(turn * cycles), 0],
    },
    // Off the ground twice a cycle, when the legs are furthest apart.
    height: 0.09 * far * swell(2 * cycles),
  })),
  march: {
    cyclesPerSecond: 0.9,
    pose: (cycles, far) => {
      const [left, right] = [1, -1].map(
        (sign) => far * Math.max(0, sign * Math.sin(turn * cycles)),
      );
      return {
        turns: {
          leftHip: [-1.4 * left!, 0, 0],
          leftKnee: [1.5 * left!, 0, 0],
          rightHip: [-1.4 * right!, 0, 0],
          rightKnee: [1.5 * right!, 0, 0],
          leftShoulder: [-0.9 * right! + 0.3 * left!, 0, 0.08],
          rightShoulder: [-0.9 * left! + 0.3 * right!, 0, -0.08],
          leftElbow: [-0.4, 0, 0],
          rightElbow: [-0.4, 0, 0],
        },
      };
    },
  },
  jump: {
    cyclesPerSecond: 0.8,
    pose: (cycles, far) => {
      // Down, up, flight, and down again to break the fall.
      const t = cycles - Math.floor(cycles);
      const down =
        0.6 * far * (t < 0.4 ? swell(t / 0.4) : t > 0.75 ? 0.6 * swell((t - 0.75) / 0.25) : 0);
      const flight = t > 0.4 && t < 0.75 ? (t - 0.4) / 0.35 : 0;
      const arms = t < 0.4 ? 0.8 * swell(t / 0.4) : -2.6 * swell(flight);
      const turns = crouch(down);
      const shoulders: Angles = [arms * far, 0, 0];
      return {
        turns: { ...turns, leftShoulder: shoulders, rightShoulder: shoulders },
        height: 0.45 * far * 4 * flight * (1 - flight),
      };
    },
  },
  squat: {
    cyclesPerSecond: 0.5,
    pose: (cycles, far) => {
      const share = far * swell(cycles);
      const arms: Angles = [-1.5 * share, 0, 0];
      return { turns: { ...crouch(share), leftShoulder: arms, rightShoulder: arms } };
    },
  },
  waveLeft: wave("left"),
  waveRight: wave("right"),
  kickLeft: kick("left"),
  kickRight: kick("right"),
  bow: {
    cyclesPerSecond: 0.5,
    pose: (cycles, far) => {
      const share = far * swell(cycles);
      const hang: Angles = [-0.7 * share, 0, 0];
      const legs: Angles = [-0.5 * share, 0, 0];
      return {
        turns: {
          // The hips lean too; the legs stay upright under them.
          hips: [0.5 * share, 0, 0],
          spine: [0.75 * share, 0, 0],
          head: [0.2 * share, 0, 0],
          leftHip: legs,
          rightHip: legs,
          leftShoulder: hang,
          rightShoulder: hang,
        },
      };
    },
  },
  turnAround: {
    cyclesPerSecond: 0.5,
    pose: (cycles, far) => {
      const turning = cycles > 0 && cycles < 1 ? 1 : 0;
      return {
        turns: stride(2 * cycles, 0.12 * turning * far, 0.5 * turning * far, 0.15 * turning, 0.15),
        facing: Math.PI * ease(cycles),
      };
    },
  },
  raiseArms: {
    cyclesPerSecond: 0.5,
    pose: (cycles, far) => ({ turns: armsOut(2.9 * Math.min(1.05, far) * swell(cycles)) }),
  },
  jumpingJack: {
    cyclesPerSecond: 1,
    pose: (cycles, far) => {
      const share = swell(cycles);
      const legs = 0.42 * far * share;
      return {
        turns: {
          ...armsOut(0.1 + 2.6 * Math.min(1.1, far) * share),
          leftHip: [0, 0, legs],
          rightHip: [0, 0, -legs],
        },
        height: 0.12 * far * swell(2 * cycles),
      };
    },
  },
} satisfies Record<string, Move>;

export type FigureAction = keyof typeof table;

export const moves: Readonly<Record<FigureAction, Move>> = table;

/** The names of all moves. */
export const figureActions = Object.keys(table) as readonly FigureAction[];
