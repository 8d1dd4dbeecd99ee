using System.Collections.Immutable;
using System.Globalization;

namespace Bolt.Capsules;

/// <summary>The files of cgroups that limits beside memory, processor time and processes are written to. Pure.</summary>
internal static class CgroupFiles
{
    /// <param name="limits">Those that are wanted.</param>
    /// <param name="unified">Whether the controller of that name is of version 2.</param>
    /// <param name="device">"MAJOR:MINOR" of a device's node; null when it is none.</param>
    public static IEnumerable<(string Controller, string File, string Value)> Of(
        CapsuleLimits limits, Func<string, bool> unified, Func<string, string?> device)
    {
        foreach (var (file, value) in Memory(limits, unified("memory")))
            yield return ("memory", file, value);
        if (limits.CpuShares is { } shares)
            yield return unified("cpu") ? ("cpu", "cpu.weight", Text((long)CpuWeight((ulong)shares))) : ("cpu", "cpu.shares", Text(shares));
        if (limits.Cpuset is { } processors)
            yield return ("cpuset", "cpuset.cpus", processors);
        if (limits.Memset is { } nodes)
            yield return ("cpuset", "cpuset.mems", nodes);
        if (limits.IoWeight is { } weight)
            yield return unified("io") ? ("io", "io.weight", "default " + Text(IoWeight(weight))) : ("io", "blkio.bfq.weight", Text(weight));
        foreach (var limit in limits.Io)
            yield return Io(limit, unified("io"), device(limit.Device) ?? limit.Device);
        foreach (var (size, bytes) in limits.HugePages)
            yield return ("hugetlb", $"hugetlb.{size}.{(unified("hugetlb") ? "max" : "limit_in_bytes")}", Text(bytes));
    }

    /// <summary>2..262144 shares onto 1..10000, as runc, crun and systemd do.</summary>
    public static ulong CpuWeight(ulong shares) => shares >= 262144 ? 10000 : 1 + (Math.Max(shares, 2) - 2) * 9999 / 262142;

    /// <summary>10..1000 of the BFQ scheduler onto 1..10000, as runc and crun do.</summary>
    public static long IoWeight(long weight) => 1 + (Math.Max(weight, 10) - 10) * 9999 / 990;

    private static IEnumerable<(string File, string Value)> Memory(CapsuleLimits limits, bool unified)
    {
        // Version 1 counts memory and swap together, version 2 swap alone. Without a word about swap there is none in
        // version 2, which CgroupPlan has written before.
        if (limits is { SwapBytes: { } swap, MemoryBytes: { } memory })
            yield return unified ? ("memory.swap.max", swap < 0 ? "max" : Text(swap - memory)) : ("memory.memsw.limit_in_bytes", Text(swap));
        if (limits.ReservedBytes is { } reserved)
            yield return unified ? ("memory.low", Text(reserved)) : ("memory.soft_limit_in_bytes", Text(reserved));
    }

    private static (string Controller, string File, string Value) Io(IoLimit limit, bool unified, string device) => (limit.Measure, unified) switch
    {
        (IoMeasure.Weight, true) => ("io", "io.weight", $"{device} {Text(IoWeight(limit.Value))}"),
        (IoMeasure.Weight, false) => ("io", "blkio.bfq.weight_device", $"{device} {Text(limit.Value)}"),
        (var measure, true) => ("io", "io.max", $"{device} {Key(measure)}={Text(limit.Value)}"),
        (var measure, false) => ("io", $"blkio.throttle.{FilePart(measure)}_device", $"{device} {Text(limit.Value)}"),
    };

    private static string Key(IoMeasure measure) => measure switch
    {
        IoMeasure.ReadBytes => "rbps",
        IoMeasure.WriteBytes => "wbps",
        IoMeasure.ReadOperations => "riops",
        _ => "wiops",
    };

    private static string FilePart(IoMeasure measure) => measure switch
    {
        IoMeasure.ReadBytes => "read_bps",
        IoMeasure.WriteBytes => "write_bps",
        IoMeasure.ReadOperations => "read_iops",
        _ => "write_iops",
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
