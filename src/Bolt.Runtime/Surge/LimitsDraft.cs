using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Capsules;

namespace Bolt.Surge;

/// <summary>A service's limits -> its capsule's. Pure.</summary>
internal static class LimitsDraft
{
    public static CapsuleLimits Of(Service wanted) => new(wanted.MemoryLimit, wanted.CpuLimit, wanted.PidsLimit, wanted.BestEffort)
    {
        SwapBytes = wanted.Limits.MemorySwap,
        ReservedBytes = wanted.Limits.MemoryReservation,
        CpuShares = wanted.Limits.CpuShares,
        Cpuset = wanted.Limits.Cpuset,
        Memset = wanted.Limits.CpusetMems,
        IoWeight = wanted.Limits.BlockIo?.Weight,
        Io = wanted.Limits.BlockIo is { } io ? Devices(io) : [],
        HugePages = wanted.Limits.HugePages,
    };

    private static ImmutableArray<IoLimit> Devices(BlockIoTable io) =>
    [
        .. io.WeightDevices.Select(device => new IoLimit(device.Path, IoMeasure.Weight, device.Weight)),
        .. Rates(io.ReadBytes, IoMeasure.ReadBytes), .. Rates(io.WriteBytes, IoMeasure.WriteBytes),
        .. Rates(io.ReadOperations, IoMeasure.ReadOperations), .. Rates(io.WriteOperations, IoMeasure.WriteOperations),
    ];

    private static IEnumerable<IoLimit> Rates(ImmutableArray<DeviceRate> rates, IoMeasure measure) =>
        rates.Select(rate => new IoLimit(rate.Path, measure, rate.Rate));
}
