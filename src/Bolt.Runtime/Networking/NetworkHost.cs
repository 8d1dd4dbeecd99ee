using System.Diagnostics;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>What this host offers to a network: programs, devices, forwarding.</summary>
/// <param name="Root">The caller is the host's root.</param>
/// <param name="Forwarding">net.ipv4.ip_forward is 1, and no firewall drops what is forwarded by policy (Docker's does). Bolt changes
/// neither: that would open the host as a router.</param>
/// <param name="DefaultRoute">There is an IPv4 default route.</param>
/// <param name="Tun">Why /dev/net/tun cannot be used, or null.</param>
internal sealed record NetworkHost(bool Root, bool Forwarding, bool DefaultRoute, string? Nft, string? Pasta, Diagnostic? Tun)
{
    private static readonly string[] Folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    public static NetworkHost Read() => new(
        Sys.EffectiveUid() == 0,
        Sys.EffectiveUid() == 0 && Forwards() && !ForwardIsShut(Chains()),
        HasDefaultRoute(File.ReadLines("/proc/thread-self/net/route")),
        Find("nft"), Find("pasta"),
        TunProblem());

    /// <summary>
    /// Root has veth where the host forwards anyway, or where nothing is to be forwarded because the host itself has no way
    /// out; pasta otherwise, which needs nothing of the host's routing. Only published ports make a missing uplink an error.
    /// </summary>
    public (UplinkKind Kind, Diagnostic? Problem) ChooseUplink(NetworkSpec spec)
    {
        if (spec.Ports.IsEmpty && !spec.Outbound) return (UplinkKind.None, null);
        if (Root && (Forwarding || !DefaultRoute)) return (UplinkKind.Veth, null);
        if (Pasta is null) return (UplinkKind.None, Root ? NetworkErrors.NoRootUplink() : NetworkErrors.PastaMissing());
        return Tun is null ? (UplinkKind.Pasta, null) : (UplinkKind.None, Tun);
    }

    /// <summary>See <see cref="SubnetPool.HostRoutes"/>: the default route has destination and mask 0.</summary>
    internal static bool HasDefaultRoute(IEnumerable<string> lines) =>
        lines.Skip(1).Select(line => line.Split('\t')).Any(f => f.Length > 7 && f[1] == "00000000" && f[7] == "00000000");

    /// <summary>`nft list chains`: each base chain has a line "type filter hook forward priority filter; policy drop;".</summary>
    internal static bool ForwardIsShut(IEnumerable<string> chains) =>
        chains.Any(l => l.Contains("hook forward", StringComparison.Ordinal) && l.Contains("policy drop", StringComparison.Ordinal));

    private static bool Forwards() =>
        File.Exists("/proc/sys/net/ipv4/ip_forward") && File.ReadAllText("/proc/sys/net/ipv4/ip_forward").StartsWith('1');

    private static string[] Chains()
    {
        if (Find("nft") is not { } nft) return [];
        using var process = Process.Start(new ProcessStartInfo(nft, ["list", "chains"]) { RedirectStandardOutput = true, RedirectStandardError = true });
        var lines = process!.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        return lines;
    }

    private static string? Find(string program) => Folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    private static Diagnostic? TunProblem()
    {
        try
        {
            File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return NetworkErrors.TunDenied();
        }
        catch (IOException)
        {
            return NetworkErrors.TunMissing();
        }
    }
}
