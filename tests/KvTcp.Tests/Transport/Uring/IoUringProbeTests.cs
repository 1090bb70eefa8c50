using KvTcp.Tests.Support;
using KvTcp.Transport;
using KvTcp.Transport.Linux;
using NUnit.Framework;

namespace KvTcp.Tests.Transport.Uring;

/// <summary>Whether io_uring may be used, and if not, why.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IoUringProbeTests
{
    [Test]
    public unsafe void FindRefusal_finds_one_only_if_the_kernel_refuses()
    {
        const uint SingleIssuerAndDeferredWork = 1 << 12 | 1 << 13;
        UringParameters parameters = new() { Flags = SingleIssuerAndDeferredWork };
        int ring = UringCalls.Setup(1, &parameters);
        string? refusal = IoUringProbe.FindRefusal();
        if (ring < 0)
        {
            TestContext.Progress.WriteLine($"The tests of io_uring do not run here: {refusal}.");
            Assert.That(refusal, Is.Not.Null);
            return;
        }

        _ = SocketCalls.Close(ring);
        Assert.That(refusal, Is.Null, "the kernel makes a ring, so the tests of io_uring would be missing for no reason");
    }

    [TestCase(SeccompThread.UringSetup, Errno.NotPermitted, "seccomp filter of a container", Description = "Docker")]
    [TestCase(SeccompThread.UringSetup, Errno.NoSuchCall, "the kernel does not have it", Description = "other runtimes; kernels before 5.1")]
    [TestCase(SeccompThread.UringSetup, Errno.Invalid, "needs Linux 6.17", Description = "a kernel that does not know the flags")]
    [TestCase(SeccompThread.UringSetup, Errno.OutOfMemory, "ulimit -l", Description = "old kernels count rings as locked memory")]
    [TestCase(SeccompThread.UringSetup, Errno.TooManyFiles, "Too many open files", Description = "an error that says it all")]
    [TestCase(SeccompThread.UringEnter, Errno.NotPermitted, "seccomp filter of a container", Description = "a filter of half of the calls")]
    public void FindRefusal_tells_why(int systemCall, int errno, string reason) =>
        Assert.That(SeccompThread.Run(systemCall, errno, IoUringProbe.FindRefusal), Does.Contain(reason));

    [TestCase("2", "kernel.io_uring_disabled is 2")]
    [TestCase("1", "kernel.io_uring_disabled is 1")]
    [TestCase("0", "seccomp")]
    [TestCase(null, "seccomp", Description = "kernels before 6.6 have no such setting")]
    public void ReasonFor_a_refusal_names_the_setting_that_causes_it(string? setting, string reason) =>
        Assert.That(IoUringProbe.ReasonFor(Errno.NotPermitted, setting), Does.Contain(reason));
}
