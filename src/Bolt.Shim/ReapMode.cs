using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// `bolt-shim reap`: started before the first file of a process's stacks is made, it waits for the end of its standard
/// input, which is the end of that process, however it ends, and removes what the process left on disk. Sandboxes and capsules
/// end by themselves; they are waited for.
/// </summary>
internal static unsafe class ReapMode
{
    private const int Exclusive = 2, Shared = 1;

    public static int Run()
    {
        // Out of the owner's terminal and process group: what ends that group must not end this.
        Sys.SetSession();
        Sys.CloseFrom(3, 0);
        _ = Sys.IgnoreSignal(Sys.SigPipe);
        _ = Sys.IgnoreSignal(Sys.SigHangUp);
        ReapSheet sheet;
        try
        {
            if (StandardStreams.ReadSheet() is not { } reader) return 64;
            sheet = ReapSheet.Read(reader);
        }
        catch (InvalidDataException)
        {
            return 65;
        }
        if (sheet.Prefix.Length == 0 || sheet.Prefix.Contains('/')) return 65;
        StandardStreams.WriteAll(1, "ok\n"u8);
        StandardStreams.Detach(keepInput: true);
        fixed (byte* name = "bolt-reap\0"u8) Sys.Prctl(Sys.PrSetName, (nint)name);
        var word = stackalloc byte[16];
        while (Sys.ReadBlocking(0, word, 16) is > 0 or -(int)Errno.EINTR)
        {
        }
        return Sweep(sheet);
    }

    private static int Sweep(ReapSheet sheet)
    {
        const int mostRounds = 20;
        string[] parents = [sheet.RunFolder + "/stacks", sheet.StateFolder + "/ephemeral", sheet.StateFolder + "/volumes", sheet.StateFolder + "/stacks"];
        // A shim that was born in the moment of the death may still make a folder; the next round finds it.
        for (var round = 0; round < mostRounds; round++)
        {
            foreach (var stack in Left(parents[0], sheet.Prefix)) AwaitEnds(stack);
            string[] left = [.. parents.SelectMany(p => Left(p, sheet.Prefix))];
            if (left.Length == 0) return 0;
            FilesMode.Run(new FilesSheet(sheet.Ids, "/", [.. left.Select(FileOperation (l) => new FileOperation.Delete(l))]));
        }
        return 1;
    }

    private static IEnumerable<string> Left(string parent, string prefix)
    {
        try
        {
            // Names that a removal has put aside begin with a dot.
            return Directory.Exists(parent)
                ? [.. Directory.GetFileSystemEntries(parent).Where(e => Path.GetFileName(e).TrimStart('.').StartsWith(prefix, StringComparison.Ordinal))]
                : [];
        }
        catch (IOException)
        {
            return [];
        }
    }

    // Each shim locks its own folder as long as it lives.
    private static void AwaitEnds(string stack)
    {
        try
        {
            foreach (var folder in Directory.Exists(stack + "/capsules") ? Directory.GetDirectories(stack + "/capsules") : []) AwaitLock(folder, Exclusive);
            if (Directory.Exists(stack + "/net")) AwaitLock(stack + "/net", Shared);
        }
        catch (IOException)
        {
            // It went away meanwhile.
        }
    }

    private static void AwaitLock(string folder, int kind)
    {
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes(folder + "\0"))
        {
            var fd = Sys.Open(path, Sys.OReadOnly | Sys.ODirectory | Sys.OCloseOnExec);
            if (fd < 0) return;
            Sys.Lock((int)fd, kind);
            Sys.Close((int)fd);
        }
    }
}
