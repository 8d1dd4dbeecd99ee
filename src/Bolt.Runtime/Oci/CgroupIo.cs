using System.Globalization;
using Bolt.Capsules;

namespace Bolt.Oci;

/// <summary>linux.resources.blockIO as files.</summary>
internal static class CgroupIo
{
    public static IEnumerable<CgroupWrite> Of(OciBlockIo io)
    {
        // The names of the BFQ scheduler, which is the only one with weights since Linux 5.0.
        if (io.Weight is { } weight and not 0)
            yield return new("blkio", "blkio.bfq.weight", Text(weight), "blockIO.weight");
        foreach (var device in io.WeightDevice ?? [])
            if (device.Weight is { } own)
                yield return new("blkio", "blkio.bfq.weight_device", $"{device.Major}:{device.Minor} {own}", "blockIO.weightDevice");
        foreach (var (file, devices) in ((string, IReadOnlyList<OciThrottleDevice>?)[])
            [
                ("read_bps", io.ThrottleReadBpsDevice), ("write_bps", io.ThrottleWriteBpsDevice),
                ("read_iops", io.ThrottleReadOperationsDevice), ("write_iops", io.ThrottleWriteOperationsDevice),
            ])
            foreach (var device in devices ?? [])
                yield return new("blkio", $"blkio.throttle.{file}_device", $"{device.Major}:{device.Minor} {device.Rate}", "blockIO.throttle");
    }

    public static IEnumerable<CgroupWrite> Unified(OciBlockIo io)
    {
        if (io.Weight is { } weight and not 0)
            yield return new("io", "io.weight", "default " + CgroupFiles.IoWeight(weight).ToString(CultureInfo.InvariantCulture), "blockIO.weight");
        foreach (var (key, devices) in ((string, IReadOnlyList<OciThrottleDevice>?)[])
            [
                ("rbps", io.ThrottleReadBpsDevice), ("wbps", io.ThrottleWriteBpsDevice),
                ("riops", io.ThrottleReadOperationsDevice), ("wiops", io.ThrottleWriteOperationsDevice),
            ])
            foreach (var device in devices ?? [])
                yield return new("io", "io.max", $"{device.Major}:{device.Minor} {key}={device.Rate}", "blockIO.throttle");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
