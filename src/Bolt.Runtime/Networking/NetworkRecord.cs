using System.Globalization;
using System.Net;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>A process that the sandbox named in its record.</summary>
internal sealed record RecordedProcess(int Pid, long Start)
{
    public bool Alive => ProcessStart.Of(Pid) is not 0 and var start && start == Start;
}

/// <summary>
/// The file "sandbox" in the network's folder: "key value…" lines, the first ones written from here by way of the sheet,
/// the processes by the shim.
/// </summary>
internal sealed record NetworkRecord(string Id, string Hash, IPNetwork Subnet, UplinkKind Uplink, bool Outbound, string Fingerprint)
{
    public RecordedProcess? Keeper { get; init; }
    public RecordedProcess? Holder { get; init; }
    public RecordedProcess? Pasta { get; init; }

    public string ToText() =>
        $"id {Id}\nhash {Hash}\nsubnet {Subnet}\nuplink {(int)Uplink}\noutbound {(Outbound ? 1 : 0)}\nfingerprint {Fingerprint}\n";

    /// <summary>Null when there is none, or none that this version wrote.</summary>
    public static NetworkRecord? Read(string folder)
    {
        if (!File.Exists(Path.Combine(folder, NetworkNames.RecordFile))) return null;
        try
        {
            return Parse(File.ReadLines(Path.Combine(folder, NetworkNames.RecordFile)));
        }
        catch (IOException)
        {
            return null;
        }
    }

    internal static NetworkRecord? Parse(IEnumerable<string> lines)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in lines)
        {
            if (line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var at) values[line[..at]] = line[(at + 1)..];
        }
        string? Value(string key) => values.GetValueOrDefault(key);
        if (Value("id") is not { } id || Value("hash") is not { } hash || Value("fingerprint") is not { } fingerprint
            || SubnetPool.Parse(Value("subnet") ?? "") is not { } subnet
            || !int.TryParse(Value("uplink"), NumberStyles.None, CultureInfo.InvariantCulture, out var uplink))
            return null;
        return new NetworkRecord(id, hash, subnet, (UplinkKind)uplink, Value("outbound") == "1", fingerprint)
        {
            Keeper = Process(Value("keeper")),
            Holder = Process(Value("holder")),
            Pasta = Process(Value("pasta")),
        };
    }

    private static RecordedProcess? Process(string? text) =>
        text?.Split(' ') is [var pid, var start]
        && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var began)
            ? new RecordedProcess(number, began)
            : null;
}
