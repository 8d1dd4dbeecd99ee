using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

public sealed partial class EphemeralStack
{
    private Task? _frozen;

    /// <summary>It has been frozen, or was forked off one that was.</summary>
    public bool IsFrozen => _ground.Frozen != FrozenStack.Empty;

    /// <summary>
    /// Has all services write their data down and stand still for a moment; what they hold then is what forks begin with and what
    /// <see cref="RollbackAsync"/> goes back to. They run on afterwards, with the same addresses and data; open connections end.
    /// </summary>
    public Task FreezeAsync(CancellationToken cancellation)
    {
        lock (_taking) _frozen = FreezeAfterAsync(_frozen);
        return _frozen.WaitAsync(cancellation);
    }

    /// <summary>
    /// A stack of its own that begins with what this one held when it was frozen (now, if it never was): the same addresses, ports
    /// and passwords, in a network of its own. Each may write as it likes. Its files lie upon this one's, so this one must be
    /// disposed of after it.
    /// </summary>
    /// <param name="cancellation">Gives up; what was started is stopped.</param>
    /// <returns>Once every service is ready.</returns>
    public async Task<EphemeralStack> ForkAsync(CancellationToken cancellation)
    {
        Task frozen;
        lock (_taking) frozen = _frozen ??= FreezeAfterAsync(null);
        await frozen.WaitAsync(cancellation).ConfigureAwait(false);
        if (_end is not null) throw new BoltException(SurgeErrors.NotForked(Name.Id));
        // Its wish names the files of this one.
        return await _runtime.StartEphemeralAsync(Boltfile, _options, _ => Task.FromResult((Boltfile, _ground.Frozen)), _ground.Password, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// All services go back together to what they held when the stack was frozen or forked off (when neither, to their first
    /// start): they are killed, what they wrote is thrown away, and they are started again.
    /// </summary>
    public Task RollbackAsync(CancellationToken cancellation) => AskAsync(new Operation.Rollback(), cancellation);

    private async Task FreezeAfterAsync(Task? before)
    {
        if (before is not null) await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await AskAsync(new Operation.Freeze(), CancellationToken.None).ConfigureAwait(false);
    }
}
