namespace Bolt.Networking;

/// <summary>What is wrong with a member's link, seen from its neighbours.</summary>
/// <param name="Latency">By which each packet to the member is late.</param>
/// <param name="Jitter">By which that varies, up and down.</param>
/// <param name="Loss">Share of packets to the member that are lost, 0 to 1.</param>
/// <param name="Cut">Nothing comes and nothing goes.</param>
internal sealed record LinkTrouble(TimeSpan Latency, TimeSpan Jitter, double Loss, bool Cut)
{
    public static readonly LinkTrouble None = new(TimeSpan.Zero, TimeSpan.Zero, 0, false);

    public bool IsSlow => Latency > TimeSpan.Zero || Jitter > TimeSpan.Zero || Loss > 0;
}
