namespace Bolt.MSBuild;

/// <summary>This assembly as a program: the owner of a stack that a build has brought up and that runs on without it.</summary>
internal static class Owner
{
    private const int WrongUsage = 2;

    public static async Task<int> Main(string[] args)
    {
        if (args is not ["supervise", var request]) return WrongUsage;
        using var stop = new CancellationTokenSource();
        using var terminated = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        return await BoltRuntime.SuperviseAsync(request, stop.Token).ConfigureAwait(false);
    }
}
