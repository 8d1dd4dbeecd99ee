using System.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>Takes away what a sandbox that was killed could not: its processes, the host's device and table, its files.</summary>
internal static class NetworkDebris
{
    public static void Remove(string folder, NetworkRecord record)
    {
        foreach (var process in new[] { record.Keeper, record.Pasta, record.Holder })
        {
            if (process is not { Alive: true }) continue;
            using var pidfd = Pidfd.Open(process.Pid);
            // Looked at again with the pidfd in hand: from here on the number cannot be somebody else's.
            if (pidfd is not null && process.Alive) Pidfd.Signal(pidfd, Sys.SigKill);
        }
        if (record.Uplink == UplinkKind.Veth) RemoveHostSide(record.Hash);
        RemoveFiles(folder);
    }

    public static void RemoveFiles(string folder)
    {
        string[] files =
        [
            NetworkNames.HostsFile, NetworkNames.ResolvConf, NetworkNames.ControlSocket, NetworkNames.UplinkReady, NetworkNames.RecordFile, NetworkNames.Log,
            "sandbox.new",
        ];
        if (!Directory.Exists(folder)) return;
        foreach (var file in files) File.Delete(Path.Combine(folder, file));
        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Somebody else keeps something there.
        }
    }

    private static void RemoveHostSide(string hash)
    {
        LinkRemoval.Remove(NetworkNames.HostDevice(hash));
        if (NetworkHost.Read().Nft is not { } nft) return;
        using var process = Process.Start(new ProcessStartInfo(nft, ["-f", "-"]) { RedirectStandardInput = true, RedirectStandardError = true });
        process!.StandardInput.Write(NftText.HostEnd(hash));
        process.StandardInput.Close();
        process.WaitForExit();
    }
}
