namespace Bolt.Oci;

/// <summary>Which key is which field (config.md and config-linux.md of OCI runtime-spec 1.2).</summary>
internal static partial class OciConfigReader
{
    private static OciConfig Config(OciNode node) => new()
    {
        OciVersion = node.Text("ociVersion"),
        Root = node.Object("root", root => new OciRoot(root.Text("path"), root.Flag("readonly"))),
        Mounts = node.List("mounts", Mount),
        Process = node.Object("process", Process),
        Hostname = node.Text("hostname"),
        Domainname = node.Text("domainname"),
        Hooks = node.Object("hooks", Hooks),
        Annotations = node.TextMap("annotations"),
        Linux = node.Object("linux", Linux),
    };

    private static OciMount Mount(OciNode node) => new()
    {
        Destination = node.Text("destination"),
        Type = node.Text("type"),
        Source = node.Text("source"),
        Options = node.Texts("options"),
        UidMappings = node.List("uidMappings", Mapping),
        GidMappings = node.List("gidMappings", Mapping),
    };

    private static OciIdMapping Mapping(OciNode node) => new(node.Number<uint>("containerID"), node.Number<uint>("hostID"), node.Number<uint>("size"));

    private static OciProcess Process(OciNode node) => new()
    {
        Terminal = node.Flag("terminal"),
        ConsoleSize = node.Object("consoleSize", size => new OciConsoleSize(size.Number<uint>("height"), size.Number<uint>("width"))),
        Cwd = node.Text("cwd"),
        Env = node.Texts("env"),
        Args = node.Texts("args"),
        User = node.Object("user", user => new OciUser
        {
            Uid = user.Number<uint>("uid"),
            Gid = user.Number<uint>("gid"),
            Umask = user.MaybeNumber<uint>("umask"),
            AdditionalGids = user.Numbers<uint>("additionalGids"),
        }),
        Rlimits = node.List("rlimits", limit => new OciLimit(limit.Text("type"), limit.Number<ulong>("soft"), limit.Number<ulong>("hard"))),
        ApparmorProfile = node.Text("apparmorProfile"),
        Capabilities = node.Object("capabilities", sets => new OciCapabilities
        {
            Effective = sets.Texts("effective"),
            Bounding = sets.Texts("bounding"),
            Inheritable = sets.Texts("inheritable"),
            Permitted = sets.Texts("permitted"),
            Ambient = sets.Texts("ambient"),
        }),
        NoNewPrivileges = node.Flag("noNewPrivileges"),
        OomScoreAdj = node.MaybeNumber<int>("oomScoreAdj"),
        Scheduler = node.Object("scheduler", scheduler => new OciScheduler
        {
            Policy = scheduler.Text("policy"),
            Nice = scheduler.Number<int>("nice"),
            Priority = scheduler.Number<int>("priority"),
            Flags = scheduler.Texts("flags"),
            Runtime = scheduler.Number<long>("runtime"),
            Deadline = scheduler.Number<long>("deadline"),
            Period = scheduler.Number<long>("period"),
        }),
        SelinuxLabel = node.Text("selinuxLabel"),
        IoPriority = node.Object("ioPriority", io => new OciIoPriority(io.Text("class"), io.Number<int>("priority"))),
        ExecCpuAffinity = node.Object("execCPUAffinity", affinity => new OciAffinity(affinity.Text("initial"), affinity.Text("final"))),
    };

    private static OciHooks Hooks(OciNode node) => new()
    {
        Prestart = node.List("prestart", Hook),
        CreateRuntime = node.List("createRuntime", Hook),
        CreateContainer = node.List("createContainer", Hook),
        StartContainer = node.List("startContainer", Hook),
        Poststart = node.List("poststart", Hook),
        Poststop = node.List("poststop", Hook),
    };

    private static OciHook Hook(OciNode node) => new()
    {
        Path = node.Text("path"),
        Args = node.Texts("args"),
        Env = node.Texts("env"),
        Timeout = node.MaybeNumber<int>("timeout"),
    };

    private static OciLinux Linux(OciNode node) => new()
    {
        Namespaces = node.List("namespaces", space => new OciNamespace(space.Text("type"), space.Text("path"))),
        UidMappings = node.List("uidMappings", Mapping),
        GidMappings = node.List("gidMappings", Mapping),
        TimeOffsets = node.Map("timeOffsets", offset => new OciTimeOffset(offset.Number<long>("secs"), offset.Number<uint>("nanosecs"))),
        Devices = node.List("devices", Device),
        CgroupsPath = node.Text("cgroupsPath"),
        Resources = node.Object("resources", Resources),
        IntelRdt = node.Any("intelRdt"),
        NetDevices = node.Any("netDevices"),
        MemoryPolicy = node.Any("memoryPolicy"),
        Sysctl = node.TextMap("sysctl"),
        Seccomp = node.Object("seccomp", Seccomp),
        RootfsPropagation = node.Text("rootfsPropagation"),
        MaskedPaths = node.Texts("maskedPaths"),
        ReadonlyPaths = node.Texts("readonlyPaths"),
        MountLabel = node.Text("mountLabel"),
        Personality = node.Object("personality", personality => new OciPersonality(personality.Text("domain"), personality.Texts("flags"))),
    };

    private static OciDevice Device(OciNode node) => new()
    {
        Type = node.Text("type"),
        Path = node.Text("path"),
        Major = node.Number<long>("major"),
        Minor = node.Number<long>("minor"),
        FileMode = node.MaybeNumber<uint>("fileMode"),
        Uid = node.MaybeNumber<uint>("uid"),
        Gid = node.MaybeNumber<uint>("gid"),
    };

    private static OciSeccomp Seccomp(OciNode node) => new()
    {
        DefaultAction = node.Text("defaultAction"),
        DefaultErrnoRet = node.MaybeNumber<uint>("defaultErrnoRet"),
        Architectures = node.Texts("architectures"),
        Flags = node.Texts("flags"),
        ListenerPath = node.Text("listenerPath"),
        ListenerMetadata = node.Text("listenerMetadata"),
        Syscalls = node.List("syscalls", call => new OciSyscall
        {
            Names = call.Texts("names"),
            Action = call.Text("action"),
            ErrnoRet = call.MaybeNumber<uint>("errnoRet"),
            Args = call.List("args", argument => new OciSyscallArgument(
                argument.Number<uint>("index"), argument.Number<ulong>("value"), argument.Number<ulong>("valueTwo"), argument.Text("op"))),
        }),
    };

    private static OciResources Resources(OciNode node) => new()
    {
        Devices = node.List("devices", rule => new OciDeviceRule(
            rule.Flag("allow"), rule.Text("type"), rule.MaybeNumber<long>("major"), rule.MaybeNumber<long>("minor"), rule.Text("access"))),
        Memory = node.Object("memory", Memory),
        Cpu = node.Object("cpu", Cpu),
        Pids = node.Object("pids", pids => new OciPids(pids.MaybeNumber<long>("limit"))),
        BlockIo = node.Object("blockIO", BlockIo),
        HugepageLimits = node.List("hugepageLimits", limit => new OciHugepageLimit(limit.Text("pageSize"), limit.Number<ulong>("limit"))),
        Network = node.Object("network", network => new OciNetworkClass(
            network.MaybeNumber<uint>("classID"),
            network.List("priorities", priority => new OciNetworkPriority(priority.Text("name"), priority.Number<uint>("priority"))))),
        Rdma = node.Map("rdma", rdma => new OciRdma(rdma.MaybeNumber<uint>("hcaHandles"), rdma.MaybeNumber<uint>("hcaObjects"))),
        Unified = node.TextMap("unified"),
    };

    private static OciMemory Memory(OciNode node) => new()
    {
        Limit = node.MaybeNumber<long>("limit"),
        Reservation = node.MaybeNumber<long>("reservation"),
        Swap = node.MaybeNumber<long>("swap"),
        Kernel = node.MaybeNumber<long>("kernel"),
        KernelTcp = node.MaybeNumber<long>("kernelTCP"),
        Swappiness = node.MaybeNumber<ulong>("swappiness"),
        DisableOomKiller = node.MaybeFlag("disableOOMKiller"),
        UseHierarchy = node.MaybeFlag("useHierarchy"),
        CheckBeforeUpdate = node.MaybeFlag("checkBeforeUpdate"),
    };

    private static OciCpu Cpu(OciNode node) => new()
    {
        Shares = node.MaybeNumber<ulong>("shares"),
        Quota = node.MaybeNumber<long>("quota"),
        Burst = node.MaybeNumber<ulong>("burst"),
        Period = node.MaybeNumber<ulong>("period"),
        RealtimeRuntime = node.MaybeNumber<long>("realtimeRuntime"),
        RealtimePeriod = node.MaybeNumber<ulong>("realtimePeriod"),
        Cpus = node.Text("cpus"),
        Mems = node.Text("mems"),
        Idle = node.MaybeNumber<long>("idle"),
    };

    private static OciBlockIo BlockIo(OciNode node) => new()
    {
        Weight = node.MaybeNumber<ushort>("weight"),
        LeafWeight = node.MaybeNumber<ushort>("leafWeight"),
        WeightDevice = node.List("weightDevice", device => new OciWeightDevice(
            device.Number<long>("major"), device.Number<long>("minor"), device.MaybeNumber<ushort>("weight"), device.MaybeNumber<ushort>("leafWeight"))),
        ThrottleReadBpsDevice = node.List("throttleReadBpsDevice", Throttle),
        ThrottleWriteBpsDevice = node.List("throttleWriteBpsDevice", Throttle),
        ThrottleReadOperationsDevice = node.List("throttleReadIOPSDevice", Throttle),
        ThrottleWriteOperationsDevice = node.List("throttleWriteIOPSDevice", Throttle),
    };

    private static OciThrottleDevice Throttle(OciNode node) => new(node.Number<long>("major"), node.Number<long>("minor"), node.Number<ulong>("rate"));

    // state.json: OciJsonWriter writes it.
    private static OciState State(OciNode node) => new()
    {
        OciVersion = node.Text("ociVersion") ?? "",
        Id = node.Text("id") ?? "",
        Bundle = node.Text("bundle") ?? "",
        Rootfs = node.Text("rootfs") ?? "",
        Pid = node.Number<int>("pid"),
        Started = node.Number<long>("started"),
        Created = node.Time("created"),
        Uid = node.Number<uint>("uid"),
        Complete = node.Flag("complete"),
        Cgroups = node.Texts("cgroups") ?? [],
        Unit = node.Text("unit"),
        Annotations = node.TextMap("annotations"),
    };
}
