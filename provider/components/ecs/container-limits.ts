import {
  boolean,
  enumeration,
  integer,
  list,
  optional,
  required,
  string,
  structure,
} from "@pulumi-appmesh/model";

export const ContainerLinuxParameters = structure(
  "ContainerLinuxParameters",
  "What Linux lets a container do.",
  {
    capabilities: optional(
      structure("ContainerCapabilities", "Capabilities of the kernel.", {
        add: optional(list(string()), "Those that a container gets. On Fargate only SYS_PTRACE."),
        drop: optional(list(string()), "Those that are taken from it."),
      }),
      "Capabilities of the kernel.",
    ),
    devices: optional(
      list(
        structure("ContainerDevice", "A device of the instance in a container.", {
          hostPath: required(string({ minLength: 1 }), "Where it is on the instance."),
          containerPath: optional(string(), "Where it is in the container. Defaults to the same."),
          permissions: optional(
            list(
              enumeration("ContainerDevicePermission", "What a container may do with a device.", {
                read: "Read from it.",
                write: "Write to it.",
                mknod: "Make it.",
              }),
            ),
            "What the container may do with it. Defaults to all.",
          ),
        }),
      ),
      "Devices of the instance. Not on Fargate.",
    ),
    initProcessEnabled: optional(
      boolean(),
      "Whether an init process runs in the container. Defaults to false.",
    ),
    sharedMemorySize: optional(integer({ min: 0 }), "Size of /dev/shm in MiB. Not on Fargate."),
    tmpfs: optional(
      list(
        structure("ContainerTmpfs", "A file system in memory.", {
          containerPath: required(string({ minLength: 1 }), "Where it is in the container."),
          size: required(integer({ min: 1 }), "Its largest size, in MiB."),
          mountOptions: optional(list(string()), "How it is mounted."),
        }),
      ),
      "File systems in memory. On Fargate since January 2026.",
    ),
    maxSwap: optional(integer({ min: 0 }), "Swap in MiB. Not on Fargate."),
    swappiness: optional(integer({ min: 0, max: 100 }), "How readily it swaps, 0 to 100. Not on Fargate."),
  },
);

export const ContainerUlimit = structure("ContainerUlimit", "A limit of the processes of a container.", {
  name: required(
    enumeration("ContainerUlimitName", "What of a process is limited.", {
      core: "Size of a core dump.",
      cpu: "CPU time.",
      data: "Size of the data segment.",
      fsize: "Size of a file.",
      locks: "File locks.",
      memlock: "Locked memory.",
      msgqueue: "Message queues.",
      nice: "Priority.",
      nofile: "Open files and sockets. The only one on Fargate.",
      nproc: "Processes.",
      rss: "Resident memory.",
      rtprio: "Real-time priority.",
      rttime: "Real-time CPU time.",
      sigpending: "Pending signals.",
      stack: "Size of the stack.",
    }),
    "What is limited.",
  ),
  softLimit: required(integer(), "The limit, which a process may raise itself."),
  hardLimit: required(integer(), "How far it may raise it."),
});

export const ContainerResourceRequirement = structure(
  "ContainerResourceRequirement",
  "A device of the instance that a container needs.",
  {
    value: optional(string(), "How many, or which."),
    type: required(
      enumeration("ContainerResourceType", "A kind of device.", {
        GPU: "A GPU.",
        InferenceAccelerator: "An Elastic Inference accelerator, which AWS offers no more.",
        NeuronDevice: "An AWS Neuron device.",
      }),
      "The kind of device.",
    ),
    sharingStrategy: optional(
      structure("ContainerSharingStrategy", "How containers share a device.", {
        nvidiaMps: optional(
          structure("ContainerNvidiaMps", "A share of a GPU by NVIDIA's Multi-Process Service.", {
            memory: required(integer({ min: 1 }), "Memory of the GPU, in MiB."),
            maxComputePercent: optional(integer({ min: 1, max: 100 }), "Share of its threads, in percent."),
          }),
          "A share of a GPU.",
        ),
      }),
      "How the device is shared.",
    ),
  },
);
