using System.Collections.Immutable;
using System.Globalization;

namespace Bolt.Boltfiles;

/// <summary>Limits beside <c>memory_limit</c>, <c>cpu_limit</c> and <c>pids_limit</c>, under compose's names.</summary>
public sealed record ServiceLimits
{
    /// <summary><c>memswap_limit</c>: memory and swap together, in bytes; -1: as much swap as there is. Null: no swap.</summary>
    public long? MemorySwap { get; init; }
    /// <summary><c>mem_reservation</c>: memory that is taken last when the host has too little, in bytes.</summary>
    public long? MemoryReservation { get; init; }
    /// <summary><c>cpu_shares</c>: weight against others, 2 to 262144; 1024 is usual.</summary>
    public int? CpuShares { get; init; }
    /// <summary><c>cpuset</c>: processors it may run on, as "0-2,4".</summary>
    public string? Cpuset { get; init; }
    /// <summary><c>cpuset_mems</c>: memory nodes it may use, as "0".</summary>
    public string? CpusetMems { get; init; }
    /// <summary><c>blkio_config</c>.</summary>
    public BlockIoTable? BlockIo { get; init; }
    /// <summary><c>hugetlb_limit</c>: bytes of huge pages by page size, as "2MB".</summary>
    public ImmutableSortedDictionary<string, long> HugePages { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    internal static ServiceLimits Read(TomlTable table, long? memory)
    {
        var swap = table.Parsed<long>("memswap_limit", ReadSwap);
        if (swap is { } total && (memory is null || (total >= 0 && total < memory)))
        {
            table.Findings.Add(BoltfileErrors.BadValue(table.ValueAt("memswap_limit"), "memswap_limit", total.ToString(CultureInfo.InvariantCulture),
                memory is null ? "needs a `memory_limit` to include; add one" : "is less than `memory_limit`, which it includes; write more"));
        }
        return new ServiceLimits
        {
            MemorySwap = swap,
            MemoryReservation = table.Parsed<long>("mem_reservation", ShortForms.ReadSize),
            CpuShares = table.Integer("cpu_shares", 2, 262144),
            Cpuset = table.Parsed<NumberList>("cpuset", ReadList)?.Text,
            CpusetMems = table.Parsed<NumberList>("cpuset_mems", ReadList)?.Text,
            BlockIo = table.Table("blkio_config", $"`blkio_config` of {table.What}") is { } io ? BlockIoTable.Read(io) : null,
            HugePages = ReadHugePages(table),
        };
    }

    private static string? ReadSwap(string text, out long bytes)
    {
        bytes = -1;
        return text == "-1" ? null : ShortForms.ReadSize(text, out bytes);
    }

    private readonly record struct NumberList(string Text);

    private static string? ReadList(string text, out NumberList list)
    {
        list = new NumberList(text);
        return IsList(text) ? null : "is no list of numbers; write `0-2,4`";
    }

    // cpuset(7), "List format".
    private static bool IsList(string text) => text.Length is > 0 and <= 4096 && text.Split(',').All(part =>
        part.Split('-') is [var first, .. var rest] && rest.Length <= 1 && IsNumber(first) && rest.All(IsNumber));

    private static bool IsNumber(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static ImmutableSortedDictionary<string, long> ReadHugePages(TomlTable table)
    {
        var pages = ImmutableSortedDictionary<string, long>.Empty;
        if (table.Table("hugetlb_limit", $"`hugetlb_limit` of {table.What}") is not { } sizes)
        {
            return pages;
        }
        foreach (var entry in sizes.Node.Entries)
        {
            // The kernel's own names, as of its files: hugetlb.2MB.max.
            if (entry.Name.Length < 3 || entry.Name[^2..] is not ("KB" or "MB" or "GB") || !IsNumber(entry.Name[..^2]))
            {
                table.Findings.Add(BoltfileErrors.UnknownKey(entry.KeyAt, entry.Name, sizes.What, "2MB"));
            }
            else if (sizes.Parsed<long>(entry.Name, ShortForms.ReadSize) is { } bytes)
            {
                pages = pages.SetItem(entry.Name, bytes);
            }
        }
        return pages;
    }
}

/// <summary><c>[services.NAME.blkio_config]</c>, as in compose.</summary>
public sealed record BlockIoTable
{
    /// <summary><c>weight</c>: against others, 10 to 1000; 500 is usual.</summary>
    public int? Weight { get; init; }
    /// <summary><c>weight_device</c>: the same for one device.</summary>
    public ImmutableArray<DeviceWeight> WeightDevices { get; init; } = [];
    /// <summary><c>device_read_bps</c>: bytes a second.</summary>
    public ImmutableArray<DeviceRate> ReadBytes { get; init; } = [];
    /// <summary><c>device_write_bps</c>: bytes a second.</summary>
    public ImmutableArray<DeviceRate> WriteBytes { get; init; } = [];
    /// <summary><c>device_read_iops</c>: operations a second.</summary>
    public ImmutableArray<DeviceRate> ReadOperations { get; init; } = [];
    /// <summary><c>device_write_iops</c>: operations a second.</summary>
    public ImmutableArray<DeviceRate> WriteOperations { get; init; } = [];

    internal static BlockIoTable Read(TomlTable table)
    {
        var io = new BlockIoTable
        {
            Weight = table.Integer("weight", 10, 1000),
            WeightDevices = [.. Devices(table, "weight_device", (row, path) => row.Integer("weight", 10, 1000) is { } weight ? new DeviceWeight(path, weight) : null)],
            ReadBytes = Rates(table, "device_read_bps", bytes: true),
            WriteBytes = Rates(table, "device_write_bps", bytes: true),
            ReadOperations = Rates(table, "device_read_iops", bytes: false),
            WriteOperations = Rates(table, "device_write_iops", bytes: false),
        };
        table.RefuseOthers();
        return io;
    }

    private static ImmutableArray<DeviceRate> Rates(TomlTable table, string key, bool bytes) =>
    [
        .. Devices(table, key, (row, path) => (bytes ? row.Parsed<long>("rate", ShortForms.ReadSize) : row.Integer("rate", 1)) is { } rate
            ? new DeviceRate(path, rate) : null),
    ];

    private static IEnumerable<T> Devices<T>(TomlTable table, string key, Func<TomlTable, string, T?> read)
        where T : class
    {
        foreach (var row in table.Rows(key, $"`{key}` of {table.What}").ToArray())
        {
            var path = row.Required("path");
            var what = read(row, path ?? "");
            var member = key == "weight_device" ? "weight" : "rate";
            if (!row.Has(member))
            {
                row.Findings.Add(BoltfileErrors.MissingKey(row.At, member, row.What));
            }
            if (path is { Length: > 0 } && !path.StartsWith('/'))
            {
                row.Findings.Add(BoltfileErrors.BadValue(row.ValueAt("path"), "path", path, "is no device; write one such as `/dev/sda`"));
            }
            row.RefuseOthers();
            if (path is not null && what is not null)
            {
                yield return what;
            }
        }
    }
}

/// <summary>A share of a block device against others.</summary>
/// <param name="Path">The device's node, such as /dev/sda.</param>
/// <param name="Weight">10 to 1000.</param>
public sealed record DeviceWeight(string Path, int Weight);

/// <summary>The most of a block device's traffic, a second.</summary>
/// <param name="Path">The device's node, such as /dev/sda.</param>
/// <param name="Rate">Bytes or operations.</param>
public sealed record DeviceRate(string Path, long Rate);
