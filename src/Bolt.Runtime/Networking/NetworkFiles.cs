using System.Globalization;
using System.Net;
using System.Text;

namespace Bolt.Networking;

/// <summary>The texts that members see as /etc/hosts and /etc/resolv.conf.</summary>
internal static class NetworkFiles
{
    /// <summary>hosts(5): all members, so names resolve also while no owner answers.</summary>
    public static string Hosts(NetworkSpec spec)
    {
        var text = new StringBuilder("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        foreach (var member in spec.Members)
        {
            text.Append(CultureInfo.InvariantCulture, $"{member.Address}\t{string.Join(' ', member.Names)}\n");
        }
        foreach (var (name, address) in spec.ExtraHosts) text.Append(CultureInfo.InvariantCulture, $"{address}\t{name}\n");
        return text.ToString();
    }

    /// <summary>
    /// resolv.conf(5): the gateway, where the owner answers; then a resolver of the host for when no owner lives. One on
    /// the host's loopback cannot be reached from a member.
    /// </summary>
    public static string Resolv(NetworkSpec spec, IEnumerable<IPEndPoint> upstreams)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"nameserver {NetworkNames.Gateway(spec.Subnet)}\n");
        if (spec.Outbound && upstreams.FirstOrDefault(u => !IPAddress.IsLoopback(u.Address) && u.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) is { } second)
        {
            text.Append(CultureInfo.InvariantCulture, $"nameserver {second.Address}\n");
        }
        return text.Append("options timeout:1 attempts:3\n").ToString();
    }

    /// <summary>Written beside and renamed over: a member's mount of the old file keeps the old text, a half one is never seen.</summary>
    public static void Write(string path, string text)
    {
        var beside = path + ".new";
        File.WriteAllText(beside, text);
        File.SetUnixFileMode(beside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(beside, path, overwrite: true);
    }
}
