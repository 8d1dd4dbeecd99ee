using System.Globalization;
using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>pasta as a child of the keeper: started, found ready by its FIFO, and started again when it ends by itself.</summary>
internal sealed unsafe class SandboxPasta(SandboxSheet sheet, int holder, int log)
{
    private int _pid, _pidfd = -1, _fifo = -1;

    public int Pid => _pid;
    public int Pidfd => _pidfd;
    /// <summary>Readable once pasta has configured the tap and bound all ports; -1 when that is known.</summary>
    public int Fifo => _fifo;
    public bool Ready { get; private set; }

    /// <summary>0 or a negated errno.</summary>
    public int Start()
    {
        Ready = false;
        var fifo = SandboxMemory.Text(sheet.PastaReady);
        Sys.Unlink(Sys.AtFdCwd, fifo);
        // S_IFIFO. pasta opens it for writing, which would block without a reader.
        if (Sys.Call(SystemCall.mknodat, Sys.AtFdCwd, (nint)fifo, 0x1180) is < 0 and var made) return (int)made;
        _fifo = (int)Sys.Open(fifo, Sys.OReadOnly | Sys.ONonBlock | Sys.OCloseOnExec);
        if (_fifo < 0) return _fifo;
        var pid = holder.ToString(CultureInfo.InvariantCulture);
        var program = new SandboxProgram(sheet.Pasta, [.. sheet.PastaArguments.Select(a => a.Replace("{holder}", pid, StringComparison.Ordinal))]);
        // Root's pasta gives up the privilege to look into another user's process, so the namespaces come open; as stdin and
        // stdout, because later versions close all other descriptors.
        var user = (int)Sys.Open(SandboxMemory.Text($"/proc/{pid}/ns/user"), Sys.OReadOnly | Sys.OCloseOnExec);
        var net = (int)Sys.Open(SandboxMemory.Text($"/proc/{pid}/ns/net"), Sys.OReadOnly | Sys.OCloseOnExec);
        _pid = Math.Min(user, net) < 0 ? Math.Min(user, net) : program.Start(user, net, log);
        if (user >= 0) Sys.Close(user);
        if (net >= 0) Sys.Close(net);
        if (_pid < 0) return _pid;
        _pidfd = (int)Sys.PidFdOpen(_pid);
        return Math.Min(_pidfd, 0);
    }

    /// <summary>The FIFO has something: a pid is ready, nothing means that pasta closed it without.</summary>
    public void SeeFifo()
    {
        var text = stackalloc byte[32];
        if (Sys.Read(_fifo, text, 32) > 0) Ready = true;
        Sys.Close(_fifo);
        _fifo = -1;
        Sys.Unlink(Sys.AtFdCwd, SandboxMemory.Text(sheet.PastaReady));
    }

    /// <summary>Ends it and takes its status: an exit code, or 128 + signal.</summary>
    public int End()
    {
        if (_pidfd < 0) return 0;
        // No state of it is worth an orderly end.
        Sys.PidFdSignal(_pidfd, Sys.SigKill);
        var code = SandboxProgram.Wait(_pid);
        Sys.Close(_pidfd);
        if (_fifo >= 0) Sys.Close(_fifo);
        Sys.Unlink(Sys.AtFdCwd, SandboxMemory.Text(sheet.PastaReady));
        _pidfd = _fifo = -1;
        return code;
    }
}

/// <summary>Root's uplink: a veth pair from the host into the sandbox, and the stack's own nftables table.</summary>
internal static unsafe class SandboxVeth
{
    /// <summary>Makes the pair, its host side configured; 0 or a negated errno.</summary>
    public static int Create(SandboxSheet sheet, int holder)
    {
        var route = Netlink.Open();
        if (route < 0) return route;
        var name = Encoding.UTF8.GetBytes(sheet.HostDevice);
        // One of a sandbox that was killed: the name is ours alone.
        Netlink.DeleteLink(route, name);
        var error = Netlink.CreateVeth(route, name, Encoding.UTF8.GetBytes(sheet.UplinkDevice), 0, holder, sheet.Mtu);
        var index = error == 0 ? Netlink.IndexOf(route, name) : 0;
        if (index < 0) error = -index;
        if (error == 0) error = Netlink.AddAddress(route, index, sheet.HostAddress, sheet.UplinkPrefixLength);
        if (error == 0) error = Netlink.SetUp(route, index);
        Netlink.Close(route);
        if (error != 0) return -error;

        // The host's loopback addresses may leave through this device, and only this one, as packets to published ports.
        var fd = (int)Sys.Open(SandboxMemory.Text($"/proc/sys/net/ipv4/conf/{sheet.HostDevice}/route_localnet"), Sys.OWriteOnly | Sys.OCloseOnExec);
        if (fd < 0) return fd;
        var one = (byte)'1';
        var written = Sys.Write(fd, &one, 1);
        Sys.Close(fd);
        return (int)Math.Min(written, 0);
    }

    public static void Delete(SandboxSheet sheet)
    {
        var route = Netlink.Open();
        if (route < 0) return;
        Netlink.DeleteLink(route, Encoding.UTF8.GetBytes(sheet.HostDevice));
        Netlink.Close(route);
    }
}

/// <summary>nft with a text on its stdin.</summary>
internal static unsafe class SandboxRules
{
    /// <summary>A memory file that holds the text, read from its start; or a negated errno.</summary>
    public static int File(string text)
    {
        var fd = (int)Sys.MemoryFile(SandboxMemory.Text("rules"));
        if (fd < 0) return fd;
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                var written = Sys.Write(fd, start + done, (nuint)(bytes.Length - done));
                if (written <= 0) return (int)written;
                done += written;
            }
        }
        Sys.Call(SystemCall.lseek, fd, 0, 0);
        return fd;
    }

    /// <summary>Loads it in the caller's network namespace: nft's exit code, or a negated errno.</summary>
    public static int Load(string nft, string text, int log)
    {
        var file = File(text);
        if (file < 0) return file;
        var code = new SandboxProgram(nft, ["nft", "-f", "-"]).Run(file, log);
        Sys.Close(file);
        return code;
    }
}
