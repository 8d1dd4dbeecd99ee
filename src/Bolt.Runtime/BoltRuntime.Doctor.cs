using System.Runtime.CompilerServices;
using Bolt.Diagnostics;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Checks what Bolt needs from this host, one finding after the other; the last of them runs a real capsule. A check
    /// whose problem is an error means that stacks will not come up; a warning means that some will not.
    /// </summary>
    /// <param name="cancellation">Ends the checks.</param>
    public async IAsyncEnumerable<HostCheck> DoctorAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var checks = new HostChecks(Options);
        yield return HostChecks.Kernel();
        yield return HostChecks.UserNamespaces();
        yield return HostChecks.SubordinateIds();
        yield return HostChecks.Cgroups();
        yield return HostChecks.ShimConfinement();
        yield return HostChecks.Pasta();
        yield return HostChecks.Tun();
        yield return HostChecks.Nft();
        yield return HostChecks.Sources();
        yield return HostChecks.Keyrings();
        yield return checks.Sdk();
        yield return checks.Space();
        yield return await checks.TrialAsync(cancellation).ConfigureAwait(false);
    }
}
