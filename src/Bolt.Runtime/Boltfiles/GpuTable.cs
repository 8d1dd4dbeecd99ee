using System.Collections.Immutable;

namespace Bolt.Boltfiles;

/// <summary><c>gpu</c> of a service, of its gaming table or of a profile. Read and kept; nothing acts on it yet.</summary>
public sealed record GpuTable
{
    /// <summary>"nvbind", "docker", "nvidia" or "amd".</summary>
    public string? Runtime { get; init; }
    /// <summary>Driver to hand in.</summary>
    public string? Driver { get; init; }
    /// <summary>"gpu:0", "gpu:all".</summary>
    public ImmutableArray<string> Devices { get; init; } = [];
    /// <summary>The device is handed in.</summary>
    public bool Passthrough { get; init; }
    /// <summary>"shared", "exclusive" or "virtual".</summary>
    public string? Isolation { get; init; }
    /// <summary>Bytes of GPU memory.</summary>
    public long? MemoryLimit { get; init; }
    /// <summary><c>nvidia</c>.</summary>
    public NvidiaTable? Nvidia { get; init; }
    /// <summary><c>amd</c>.</summary>
    public AmdTable? Amd { get; init; }
    /// <summary><c>nvbind</c>.</summary>
    public NvbindTable? Nvbind { get; init; }
    /// <summary><c>gaming</c>.</summary>
    public GpuGamingTable? Gaming { get; init; }
    /// <summary><c>aiml</c>.</summary>
    public GpuAiMlTable? AiMl { get; init; }

    internal static GpuTable Read(TomlTable table)
    {
        var gpu = new GpuTable
        {
            Runtime = table.Choice("runtime", "nvbind", "docker", "nvidia", "amd"),
            Driver = table.Text("driver"),
            Devices = table.Texts("devices") ?? [],
            Passthrough = table.Flag("passthrough") ?? false,
            Isolation = table.Choice("isolation_level", "shared", "exclusive", "virtual") ?? table.Text("isolation"),
            MemoryLimit = table.Parsed<long>("memory_limit", ShortForms.ReadSize),
            Nvidia = table.Table("nvidia", "`gpu.nvidia`") is { } nvidia ? NvidiaTable.Read(nvidia) : null,
            Amd = table.Table("amd", "`gpu.amd`") is { } amd ? AmdTable.Read(amd) : null,
            Nvbind = table.Table("nvbind", "`gpu.nvbind`") is { } nvbind ? NvbindTable.Read(nvbind) : null,
            Gaming = table.Table("gaming", "`gpu.gaming`") is { } gaming ? GpuGamingTable.Read(gaming) : null,
            AiMl = table.Table("aiml", "`gpu.aiml`") is { } aiml ? GpuAiMlTable.Read(aiml) : null,
        };
        table.Free("capsule", "cdi", "hpc");
        table.RefuseOthers();
        return gpu;
    }
}

/// <summary><c>gpu.nvidia</c>. Offsets in MHz, power in percent.</summary>
public sealed record NvidiaTable(int? Device, bool? Dlss, bool? Reflex, bool? RayTracing, bool? Cuda, int? PowerLimit, int? MemoryClockOffset, int? CoreClockOffset)
{
    internal static NvidiaTable Read(TomlTable table)
    {
        var nvidia = new NvidiaTable(table.Integer("device"), table.Flag("dlss"), table.Flag("reflex"), table.Flag("raytracing"),
            table.Flag("cuda"), table.Integer("power_limit", 0, 150), table.Integer("memory_clock_offset", -2000, 2000),
            table.Integer("core_clock_offset", -1000, 1000));
        table.RefuseOthers();
        return nvidia;
    }
}

/// <summary><c>gpu.amd</c>.</summary>
public sealed record AmdTable(int? Device, bool? Rocm)
{
    internal static AmdTable Read(TomlTable table)
    {
        var amd = new AmdTable(table.Integer("device"), table.Flag("rocm"));
        table.RefuseOthers();
        return amd;
    }
}

/// <summary><c>gpu.nvbind</c>.</summary>
public sealed record NvbindTable(string? Driver, ImmutableArray<string> Devices, bool? Wsl2Optimized, string? PerformanceMode, bool? PreloadLibraries)
{
    internal static NvbindTable Read(TomlTable table)
    {
        var nvbind = new NvbindTable(table.Choice("driver", "auto", "nvidia-open", "proprietary", "nouveau"), table.Texts("devices") ?? [],
            table.Flag("wsl2_optimized"), table.Choice("performance_mode", "ultra", "high", "balanced", "efficient"),
            table.Flag("preload_libraries"));
        table.RefuseOthers();
        return nvbind;
    }
}

/// <summary><c>gpu.gaming</c>.</summary>
public sealed record GpuGamingTable(string? Profile, bool? Dlss, bool? RayTracingCores, bool? WineOptimizations, bool? VariableRateShading, string? PerformanceProfile)
{
    internal static GpuGamingTable Read(TomlTable table)
    {
        var gaming = new GpuGamingTable(table.Choice("profile", "ultra-low-latency", "performance", "balanced"), table.Flag("dlss_enabled"),
            table.Flag("rt_cores_enabled"), table.Flag("wine_optimizations"), table.Flag("vrs_enabled"), table.Text("performance_profile"));
        table.RefuseOthers();
        return gaming;
    }
}

/// <summary><c>gpu.aiml</c>. Cache in MB, pool in bytes.</summary>
public sealed record GpuAiMlTable(string? Profile, bool? Mig, bool? TensorCores, bool? MixedPrecision, int? CudaCacheSize, long? MemoryPoolSize)
{
    internal static GpuAiMlTable Read(TomlTable table)
    {
        var ai = new GpuAiMlTable(table.Choice("profile", "training", "inference", "development"), table.Flag("mig_enabled"),
            table.Flag("tensor_cores_enabled"), table.Flag("mixed_precision"), table.Integer("cuda_cache_size"),
            table.Parsed<long>("memory_pool_size", ShortForms.ReadSize));
        table.RefuseOthers();
        return ai;
    }
}
