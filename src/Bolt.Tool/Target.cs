using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.Tool;

/// <summary>Which stack, and which of its services, a verb is about.</summary>
internal sealed record Target(StackName Stack, string Project, ImmutableArray<string> Services)
{
    /// <summary>Null after the Boltfile's problems have been shown, which is exit code 2.</summary>
    public static async Task<Target?> FindAsync(Invocation invocation, ImmutableArray<string> services)
    {
        if (invocation.Value(Cli.Stack) is { } asked)
        {
            var one = await ByNameAsync(invocation, asked);
            return new Target(one.Id, one.Project, services);
        }
        if (services is [var only] && await OfRunAsync(invocation, only) is { } run)
        {
            return new Target(run.Id, only, [.. run.Services.Select(s => s.Name)]);
        }
        return invocation.LoadBoltfile() is { } boltfile ? new Target(boltfile, boltfile.Project, services) : null;
    }

    private static async Task<StackStatus> ByNameAsync(Invocation invocation, string asked)
    {
        var all = await invocation.Runtime.ListAsync(invocation.Cancellation);
        var found = all.Where(s => s.Id == asked).ToArray();
        if (found.Length == 0)
        {
            found = [.. all.Where(s => s.Project == asked)];
        }
        return found.Length switch
        {
            0 => throw new BoltException(ToolErrors.NoSuchStack(asked)),
            1 => found[0],
            _ => throw new BoltException(ToolErrors.ManyStacks(asked, found.Select(s => s.Id))),
        };
    }

    // What `bolt run --name cache` started is stopped with `bolt stop cache`; a service of that name in a Boltfile wins.
    private static async Task<StackStatus?> OfRunAsync(Invocation invocation, string name)
    {
        if (invocation.HasBoltfile && BoltRuntime.Load(invocation.BoltfilePath(), Environment.GetEnvironmentVariable).Value is { } boltfile && boltfile.Services.Any(s => s.Name == name))
        {
            return null;
        }
        var runs = (await invocation.Runtime.ListAsync(invocation.Cancellation)).Where(s => s.Boltfile.Length == 0 && (s.Id == name || s.Services.Any(v => v.Name == name)));
        return runs.FirstOrDefault();
    }
}
