using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>`bolt-shim sandbox`: holds the namespaces of one stack and its uplink. The sheet comes on stdin, which stays open as
/// long as the owner lives; one line about the outcome goes to stdout.</summary>
internal static class SandboxMode
{
    public static int Run()
    {
        // Not a member of the terminal's process group: Ctrl-C is for the owner, who ends this in order.
        Sys.SetSession();
        // What the owner inherited itself (a pipe of its shell, a lock) must not be held by a process that outlives it.
        Sys.CloseFrom(3, 0);
        SandboxSheet sheet;
        try
        {
            using var stdin = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 0);
            var reader = SheetReader.FromStream(stdin);
            if (reader is null) return 65;
            sheet = SandboxSheet.Read(reader);
        }
        catch (InvalidDataException)
        {
            SandboxKeeper.Report(1, SandboxStep.Sheet, (int)Errno.EINVAL, 0);
            return 65;
        }
        return new SandboxKeeper(sheet).Run();
    }
}
